"""One token per row, CUDA C++."""

import torch

from draftproof.optimized.cuda import split
from draftproof.optimized.cuda.library import Entry, Flag, Number, Pointer, index_of, strided
from draftproof.optimized.results import Sampled
from draftproof.optimized.signatures.implement import implements

KERNEL = "sampling/sample"
ENTRY = Entry(
    KERNEL,
    "draftproof_sample",
    *(Pointer, Number),  # probs and its row stride
    *(Pointer, Number),  # uniforms
    Flag,  # are the uniforms float64
    *(Pointer, Pointer),  # tokens, status
    *(Number, Flag),  # B, V
    *(Flag, Flag),  # blocks per row, threads per block
)


@implements
def sample(probs: torch.Tensor, uniforms: torch.Tensor, out: Sampled, B: int, V: int) -> None:
    """Draw one id per row: the smallest t with p(t) > 0 and cdf(t) > u * total.

    probs float32 [B, V], uniforms float32 or float64 [B]; ``check`` raises on a status bit.
    """
    if B == 0:
        return
    rows = probs if probs.stride(1) == 1 or V == 1 else probs.contiguous()
    ENTRY(
        rows.device,
        *strided(rows, 1),
        *strided(uniforms, 1),
        uniforms.dtype == torch.float64,
        *out,
        *(B, V),
        *split.draw(KERNEL, B, V, index_of(rows.device)),
    )
