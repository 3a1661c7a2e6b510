"""Arguments of the primitives."""

import torch

from draftproof.optimized.arguments.check import Arguments


def vector_add(a: torch.Tensor, b: torch.Tensor) -> int:
    """Return N, or raise TypeError or ValueError."""
    args = Arguments("vector_add")
    args.tensor("a", a, ("N",), torch.float32)
    args.tensor("b", b, ("N",), torch.float32)
    return args.sizes["N"]
