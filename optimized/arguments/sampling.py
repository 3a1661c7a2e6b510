"""Arguments of the sampling operations."""

import torch

from draftproof.optimized.arguments.check import FLOATS, UNIFORMS, Arguments


def sample(probs: torch.Tensor, uniforms: torch.Tensor) -> tuple[int, int]:
    """Return (B, V), or raise TypeError or ValueError."""
    args = Arguments("sample")
    args.tensor("probs", probs, ("B", "V"), torch.float32)
    args.tensor("uniforms", uniforms, ("B",), *UNIFORMS)
    return args.sizes["B"], args.sizes["V"]


def softmax(logits: torch.Tensor) -> tuple[int, int]:
    """Return (B, V), or raise TypeError or ValueError."""
    args = Arguments("softmax")
    args.tensor("logits", logits, ("B", "V"), *FLOATS)
    return args.sizes["B"], args.sizes["V"]


def uniforms(seeds: torch.Tensor, offsets: torch.Tensor, count: int) -> int:
    """Return B, or raise TypeError or ValueError."""
    args = Arguments("uniforms")
    args.tensor("seeds", seeds, ("B",), torch.int64)
    args.tensor("offsets", offsets, ("B",), torch.int64)
    if not isinstance(count, int) or count < 0:
        raise ValueError(f"uniforms: count must be an integer of at least 0, got {count!r}")
    return args.sizes["B"]
