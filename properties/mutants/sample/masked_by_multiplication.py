"""What lies behind the row is multiplied by 0."""

from typing import TYPE_CHECKING

from draftproof.properties.mutants.base.tensors import TensorSampler

if TYPE_CHECKING:
    import torch

STORY = (
    "A classic slip: lanes behind the vocabulary are loaded and multiplied by a mask of 0, which is no "
    "mask where the memory holds a NaN."
)
KILLED_BY = ("red zones",)


class MaskedByMultiplication(TensorSampler):
    """Masks with arithmetic."""

    def cdf(self, weights: "torch.Tensor") -> "torch.Tensor":
        """Add what the masked lanes left."""
        return weights.cumsum(0) + self.lanes

    def row(self, probs: "torch.Tensor", b: int) -> "torch.Tensor":
        """Load one value too many."""
        end = probs.storage_offset() + b * probs.stride(0) + probs.shape[1] * probs.stride(1)
        behind = probs.untyped_storage().nbytes() // 4 > end
        self.lanes = 0.0 * probs.as_strided((int(behind),), (1,), end).double().sum()
        return super().row(probs, b)


sample = MaskedByMultiplication()
