"""Operations of sampling for the package's top: written by generate.py."""

from typing import Annotated

import torch

from draftproof.optimized.dispatch import Backend, call
from draftproof.optimized.results import Sampled


def sample(
    probs: Annotated[torch.Tensor, "float32 [B, V], V at least 1"],
    uniforms: Annotated[torch.Tensor, "uniform [B]"],
    *,
    check: bool = False,
    backend: Backend | None = None,
) -> Sampled:
    """Draw one id per row: the smallest t with p(t) > 0 and cdf(t) > u * total.

    probs float32 [B, V], uniforms float32 or float64 [B]; ``check`` raises on a status bit.
    """
    outcome: Sampled = call(
        "sample",
        backend,
        probs,
        uniforms,
        check=check,
    )
    return outcome


def softmax(
    logits: Annotated[torch.Tensor, "float [B, V], V at least 1"],
    *,
    backend: Backend | None = None,
) -> Annotated[torch.Tensor, "float32 [B, V]"]:
    """Return the softmax of each row: float32 [B, V] from float32, float16 or bfloat16 [B, V].

    -inf and NaN give exactly 0, +inf logits share the mass, a row without finite logits is 0.
    """
    outcome: torch.Tensor = call(
        "softmax",
        backend,
        logits,
    )
    return outcome


def uniforms(
    seeds: Annotated[torch.Tensor, "int64 [B]"],
    offsets: Annotated[torch.Tensor, "int64 [B]"],
    count: Annotated[int, "int32 >= 0"],
    *,
    backend: Backend | None = None,
) -> Annotated[torch.Tensor, "float32 [B, count]"]:
    """Return float32 [B, count] in [0, 1): elements offset .. offset + count - 1 of each seed's stream.

    seeds int64 [B] (the key), offsets int64 [B] (the number of the first element, modulo 2**64).
    """
    outcome: torch.Tensor = call(
        "uniforms",
        backend,
        seeds,
        offsets,
        count,
    )
    return outcome
