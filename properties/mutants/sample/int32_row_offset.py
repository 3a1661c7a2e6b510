"""The row's offset is computed in 32 bits."""

from typing import TYPE_CHECKING

from draftproof.properties.mutants.base.tensors import TensorSampler

if TYPE_CHECKING:
    import torch

STORY = (
    "vLLM 46560, 47383, 48055: b * V overflows behind the element 2^31, and another row is read. A GPU "
    "is needed for a batch that large."
)
KILLED_BY = ("offsets past 2^31",)
DEVICES = ("cuda",)


class Int32RowOffset(TensorSampler):
    """Wraps at 2^31."""

    def row(self, probs: "torch.Tensor", b: int) -> "torch.Tensor":
        """Wrap the offset, and stay inside the tensor so that the process lives on."""
        V, flat = probs.shape[1], probs.reshape(-1)
        offset = (b * V + 2**31) % 2**32 - 2**31
        start = offset % (flat.numel() - V + 1)
        return flat[start : start + V]


sample = Int32RowOffset()
