"""a + b, CUDA C++."""

import torch

from draftproof.optimized.cuda.library import Entry, Number, Pointer, strided
from draftproof.optimized.signatures.implement import implements

ENTRY = Entry(
    "primitives/vector_add",
    "draftproof_vector_add",
    *(Pointer, Number),  # a and its stride
    *(Pointer, Number),  # b
    Pointer,  # out
    Number,  # N
)


@implements
def vector_add(a: torch.Tensor, b: torch.Tensor, out: torch.Tensor, N: int) -> None:
    """Return a + b: float32 [N] from two float32 [N]."""
    if N:
        ENTRY(a.device, *strided(a, 1), *strided(b, 1), out, N)
