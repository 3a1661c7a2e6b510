"""The rows are the grid's second axis."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

STORY = (
    "A classic slip: the second axis of a grid has at most 65,535 blocks, the launch of more fails, and "
    "nobody asks; here the rows beyond are left as they were."
)
KILLED_BY = ("many rows",)
BLOCKS = 65_535


def softmax(logits: "torch.Tensor") -> "torch.Tensor":
    """Serve the rows of one grid."""
    from draftproof.optimized import eager

    probs: torch.Tensor = eager.softmax(logits)
    probs[BLOCKS:] = 0.0
    return probs
