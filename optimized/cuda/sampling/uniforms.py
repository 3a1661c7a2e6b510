"""Philox4x32-10, CUDA C++."""

import torch

from draftproof.optimized.arguments import sampling as arguments
from draftproof.optimized.cuda.library import Entry, Number, Pointer, strided

ENTRY = Entry(
    "sampling/uniforms",
    "draftproof_uniforms",
    *(Pointer, Number),  # seeds and its stride
    *(Pointer, Number),  # offsets
    Pointer,  # out
    *(Number, Number),  # B, count
)


def uniforms(seeds: torch.Tensor, offsets: torch.Tensor, count: int) -> torch.Tensor:
    """Return float32 [B, count] in [0, 1): elements offset .. offset + count - 1 of each seed's stream.

    seeds int64 [B] (the key), offsets int64 [B] (the number of the first element, modulo 2**64).
    """
    arguments.uniforms(seeds, offsets, count)
    drawn: torch.Tensor = _uniforms(seeds, offsets, count)
    return drawn


@torch.library.custom_op("draftproof_cuda::uniforms", mutates_args=(), device_types="cuda")
def _uniforms(seeds: torch.Tensor, offsets: torch.Tensor, count: int) -> torch.Tensor:
    out = seeds.new_empty(seeds.shape[0], count, dtype=torch.float32)
    if out.numel() > 0:
        ENTRY(
            seeds.device,
            *strided(seeds, 1),
            *strided(offsets, 1),
            out,
            *(seeds.shape[0], count),
        )
    return out


@_uniforms.register_fake
def _(seeds: torch.Tensor, offsets: torch.Tensor, count: int) -> torch.Tensor:
    return seeds.new_empty(seeds.shape[0], count, dtype=torch.float32)
