"""Results lie in buffers that are used in turn."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

STORY = (
    "A classic slip: two result buffers of each size are used in turn, and the call after next overwrites "
    "what its caller still holds."
)
KILLED_BY = ("history",)

_BUFFERS: "dict[int, list[torch.Tensor]]" = {}


def vector_add(a: "torch.Tensor", b: "torch.Tensor") -> "torch.Tensor":
    """Add into the buffer that was used longer ago."""
    buffers = _BUFFERS.setdefault(len(a), [a.new_zeros(len(a)) for _ in range(2)])
    buffers.reverse()
    return buffers[0].copy_(a).add_(b)
