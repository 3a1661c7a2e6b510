"""The row's last vector is loaded whole."""

from typing import TYPE_CHECKING

from draftproof.properties.mutants.base.tensors import TensorSampler

if TYPE_CHECKING:
    import torch

STORY = (
    "A classic slip, seen with links too: four values are loaded at a time without a mask, so "
    "that up to three of the next row, or of whatever lies behind, take part."
)
KILLED_BY = ("red zones",)


class ReadsPastTheRow(TensorSampler):
    """Reads out of bounds."""

    def row(self, probs: "torch.Tensor", b: int) -> "torch.Tensor":
        """Return row b rounded up to a multiple of four, and fold what is behind into its last id."""
        V, step, start = probs.shape[1], probs.stride(1), probs.storage_offset() + b * probs.stride(0)
        stored = -(-(probs.untyped_storage().nbytes() // 4 - start) // step)
        loaded = probs.as_strided((min(-(-V // 4) * 4, stored),), (step,), start)
        row = loaded[:V].clone()
        row[-1] += loaded[V:].sum()
        return row


sample = ReadsPastTheRow()
