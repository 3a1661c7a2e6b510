"""All calls answer in one workspace."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

STORY = (
    "A classic slip: the result lies in a buffer that is kept between calls, and the next call, on whatever "
    "stream, overwrites what the last one's caller still holds."
)
KILLED_BY = ("rows independent", "two streams")

_WORKSPACES: "dict[torch.device, torch.Tensor]" = {}


def vector_add(a: "torch.Tensor", b: "torch.Tensor") -> "torch.Tensor":
    """Add into the workspace of the device, which grows as needed."""
    kept = _WORKSPACES.get(a.device)
    if kept is None or len(kept) < len(a):
        kept = _WORKSPACES[a.device] = a.new_zeros(len(a))
    out = kept[: len(a)]
    return out.copy_(a).add_(b)
