"""The elements of a row are taken to lie one behind the other."""

from typing import TYPE_CHECKING

from draftproof.properties.mutants.base.tensors import TensorSampler

if TYPE_CHECKING:
    import torch

STORY = (
    "vLLM's gumbel_sample: the stride between rows is passed on, that of the last axis is read as 1, and "
    "a view with every other column is misread."
)
KILLED_BY = ("layouts",)


class LastStrideIgnored(TensorSampler):
    """Knows rows in one piece only."""

    def row(self, probs: "torch.Tensor", b: int) -> "torch.Tensor":
        """Return what lies from the row's begin on."""
        return probs.as_strided((probs.shape[1],), (1,), probs.storage_offset() + b * probs.stride(0))


sample = LastStrideIgnored()
