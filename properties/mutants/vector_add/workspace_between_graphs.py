"""All calls on a device go through one workspace."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

STORY = (
    "FlashInfer 0.7.2, softmax: what one launch leaves for the next lies in a workspace of the device. Two "
    "graphs of 40 calls, replayed at once, gave 158 wrong results of 400 at B = 32."
)
KILLED_BY = ("two graphs",)
DEVICES = ("cuda",)

_WORKSPACES: "dict[torch.device, torch.Tensor]" = {}


def vector_add(a: "torch.Tensor", b: "torch.Tensor") -> "torch.Tensor":
    """Put a down, and add b to it; the sum is the caller's own."""
    import torch

    kept = _WORKSPACES.get(a.device)
    if kept is None or len(kept) < len(a):
        if torch.cuda.is_current_stream_capturing():
            return a + b
        kept = _WORKSPACES[a.device] = a.new_zeros(len(a))
    return kept[: len(a)].copy_(a) + b
