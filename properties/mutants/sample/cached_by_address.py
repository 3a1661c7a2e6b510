"""Answers are kept, by where the row lies."""

from typing import TYPE_CHECKING

from draftproof.properties.mutants.base.tensors import TensorSampler

if TYPE_CHECKING:
    import torch

STORY = (
    "A classic slip: what was worked out for a row is kept under its address, and other values at the same "
    "address, as a static buffer of a graph has them, get the old answer."
)
KILLED_BY = ("history",)


class CachedByAddress(TensorSampler):
    """Keeps each row's running sum."""

    def __init__(self) -> None:
        self.kept: dict[tuple[int, int], torch.Tensor] = {}

    def row(self, probs: "torch.Tensor", b: int) -> "torch.Tensor":
        """Return what lay there at first; the key holds the tensor, so that no other takes its place."""
        row = super().row(probs, b)
        where = row.data_ptr(), len(row)
        return self.kept.setdefault(where, row.clone())


sample = CachedByAddress()
