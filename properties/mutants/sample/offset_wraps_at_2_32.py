"""The row's offset is computed in 32 bits without a sign."""

from typing import TYPE_CHECKING

from draftproof.properties.mutants.base.tensors import TensorSampler

if TYPE_CHECKING:
    import torch

STORY = (
    "FlashInfer's sampling and chain, SGLang's target-only verification: b * V wraps behind element 2^32, "
    "and another row is read. What looks behind 2^31 only passes it."
)
KILLED_BY = ("offsets past 2^31",)
DEVICES = ("cuda",)


class OffsetWrapsAt232(TensorSampler):
    """Wraps at 2^32."""

    def row(self, probs: "torch.Tensor", b: int) -> "torch.Tensor":
        """Read from where the offset wraps to."""
        V = probs.shape[1]
        start = b * V % 2**32
        return probs.reshape(-1)[start : start + V]


sample = OffsetWrapsAt232()
