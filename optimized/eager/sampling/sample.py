"""One token per row in PyTorch."""

import torch

from draftproof.optimized.arguments import sampling as arguments
from draftproof.optimized.eager.distribution import draw, mass
from draftproof.optimized.results import Sampled, Status, raise_on


def sample(probs: torch.Tensor, uniforms: torch.Tensor, *, check: bool = False) -> Sampled:
    """Draw one id per row: the smallest t with p(t) > 0 and cdf(t) > u * total.

    probs float32 [B, V], uniforms float32 or float64 [B]; ``check`` raises on a status bit.
    """
    arguments.sample(probs, uniforms)
    tokens = draw(mass(probs), uniforms)
    status = Status.DEGENERATE * (tokens < 0) | Status.NAN_SEEN * (~probs.isfinite()).any(-1)
    if check:
        raise_on("sample", status)
    return Sampled(tokens, status.int())
