"""A sum starts from what its buffer held."""

from typing import TYPE_CHECKING

from draftproof.properties.mutants.base.tensors import TensorSampler

if TYPE_CHECKING:
    import torch

STORY = (
    "SGLang: an accumulator is allocated and never cleared, so that results depend on who used "
    "the memory before."
)
KILLED_BY = ("fully written",)


class ScratchNotCleared(TensorSampler):
    """Forgets to clear its scratch."""

    def cdf(self, weights: "torch.Tensor") -> "torch.Tensor":
        """Accumulate into a new buffer as if it were clear."""
        import torch

        carry = torch.empty(1, dtype=torch.float64, device=weights.device)
        return torch.cat([carry.clamp(0.0, 1.0).nan_to_num(0.0), weights]).cumsum(0)[1:]


sample = ScratchNotCleared()
