"""One token per row in PyTorch."""

from typing import Annotated

import torch

from draftproof.optimized.eager.distribution import draw, mass
from draftproof.optimized.results import Sampled, Status
from draftproof.optimized.signatures.implement import implements


@implements
def sample(
    probs: Annotated[torch.Tensor, "float32 [B, V], V at least 1"],
    uniforms: Annotated[torch.Tensor, "uniform [B]"],
) -> Sampled:
    """Draw one id per row: the smallest t with p(t) > 0 and cdf(t) > u * total.

    probs float32 [B, V], uniforms float32 or float64 [B]; ``check`` raises on a status bit.
    """
    tokens = draw(mass(probs), uniforms)
    status = Status.DEGENERATE * (tokens < 0) | Status.NAN_SEEN * (~probs.isfinite()).any(-1)
    return Sampled(tokens, status.int())
