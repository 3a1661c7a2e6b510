"""Rows are taken to lie one behind the other."""

from typing import TYPE_CHECKING

from draftproof.properties.mutants.base.tensors import TensorSampler

if TYPE_CHECKING:
    import torch

STORY = (
    "A classic slip, seen in grammar masks too: the kernel computes b * V, and a view with gaps between its "
    "rows is misread."
)
KILLED_BY = ("layouts",)


class StridesIgnored(TensorSampler):
    """Knows contiguous tensors only."""

    def row(self, probs: "torch.Tensor", b: int) -> "torch.Tensor":
        """Return what lies at b * V."""
        V = probs.shape[1]
        return probs.as_strided((V,), (1,), probs.storage_offset() + b * V)


sample = StridesIgnored()
