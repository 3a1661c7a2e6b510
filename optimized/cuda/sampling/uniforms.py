"""Philox4x32-10, CUDA C++."""

import torch

from draftproof.optimized.cuda.library import Entry, Number, Pointer, strided
from draftproof.optimized.signatures.implement import implements

ENTRY = Entry(
    "sampling/uniforms",
    "draftproof_uniforms",
    *(Pointer, Number),  # seeds and its stride
    *(Pointer, Number),  # offsets
    Pointer,  # out
    *(Number, Number),  # B, count
)


@implements
def uniforms(seeds: torch.Tensor, offsets: torch.Tensor, count: int, out: torch.Tensor, B: int) -> None:
    """Return float32 [B, count] in [0, 1): elements offset .. offset + count - 1 of each seed's stream.

    seeds int64 [B] (the key), offsets int64 [B] (the number of the first element, modulo 2**64).
    """
    if out.numel() > 0:
        ENTRY(
            seeds.device,
            *strided(seeds, 1),
            *strided(offsets, 1),
            out,
            *(B, count),
        )
