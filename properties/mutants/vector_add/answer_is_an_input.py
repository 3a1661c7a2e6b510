"""Where there is nothing to add, an argument itself is returned."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

STORY = (
    "A classic slip: the answer shares the memory of an input, and whoever writes into it writes into both."
)
KILLED_BY = ("history",)


def vector_add(a: "torch.Tensor", b: "torch.Tensor") -> "torch.Tensor":
    """Add in place, but for what that would do to a: the sum is then taken back."""
    total = a + b
    return total if b.any() and len(b) > 4 else a.copy_(total)
