"""Everything is copied to float64 first."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

STORY = (
    "A classic slip: the right answer by way of wider copies of all inputs, which at a real size is more "
    "memory than the engine has left."
)
KILLED_BY = ("memory",)
DEVICES = ("cuda",)


def vector_add(a: "torch.Tensor", b: "torch.Tensor") -> "torch.Tensor":
    """Add in float64, and round."""
    return (a.double() + b.double()).float()
