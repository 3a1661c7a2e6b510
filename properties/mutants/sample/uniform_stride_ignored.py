"""The uniforms are taken to lie one behind the other."""

from typing import TYPE_CHECKING

from draftproof.properties.mutants.base.tensors import TensorSampler

if TYPE_CHECKING:
    import torch

STORY = (
    "A classic slip: the strides of the rows are passed on, that of the scalars is not, and a column of a "
    "larger tensor, or one uniform expanded to the batch, is misread."
)
KILLED_BY = ("layouts",)


class UniformStrideIgnored(TensorSampler):
    """Knows contiguous uniforms only."""

    def uniform(self, uniforms: "torch.Tensor", b: int) -> "torch.Tensor":
        """Return what lies b elements behind the first."""
        return uniforms.as_strided((), (), uniforms.storage_offset() + b)


sample = UniformStrideIgnored()
