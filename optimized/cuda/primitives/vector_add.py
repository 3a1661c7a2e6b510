"""a + b, CUDA C++."""

import torch

from draftproof.optimized.arguments import primitives as arguments
from draftproof.optimized.cuda.library import Entry, Number, Pointer, strided

ENTRY = Entry(
    "primitives/vector_add",
    "draftproof_vector_add",
    *(Pointer, Number),  # a and its stride
    *(Pointer, Number),  # b
    Pointer,  # out
    Number,  # N
)


def vector_add(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Return a + b: float32 [N] from two float32 [N]."""
    arguments.vector_add(a, b)
    total: torch.Tensor = _vector_add(a, b)
    return total


@torch.library.custom_op("draftproof_cuda::vector_add", mutates_args=(), device_types="cuda")
def _vector_add(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    out = a.new_empty(a.shape[0])
    if out.numel() > 0:
        ENTRY(a.device, *strided(a, 1), *strided(b, 1), out, out.numel())
    return out


@_vector_add.register_fake
def _(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return a.new_empty(a.shape[0])
