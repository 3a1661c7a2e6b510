"""Probabilities from logits, CUDA C++."""

import torch

from draftproof.optimized.cuda import split
from draftproof.optimized.cuda.library import Entry, Flag, Number, Pointer, index_of, strided
from draftproof.optimized.signatures.dtypes import FLOATS
from draftproof.optimized.signatures.implement import implements

ENTRY = Entry(
    "sampling/softmax",
    "draftproof_softmax",
    *(Pointer, Number, Flag),  # logits, its row stride and its place in FLOATS
    Pointer,  # probs
    *(Number, Flag),  # B, V
    *(Flag, Flag, Flag, Flag),  # quads per thread, blocks per row, threads per block, clusters that stay
)


@implements
def softmax(logits: torch.Tensor, out: torch.Tensor, B: int, V: int) -> None:
    """Return the softmax of each row: float32 [B, V] from float32, float16 or bfloat16 [B, V].

    -inf and NaN give exactly 0, +inf logits share the mass, a row without finite logits is 0.
    """
    if out.numel() == 0:
        return
    rows = logits if logits.stride(1) == 1 or V == 1 else logits.contiguous()
    kind = FLOATS.index(rows.dtype)
    ENTRY(
        rows.device,
        *strided(rows, 1),
        kind,
        out,
        *(B, V),
        *split.softmax(B, V, kind, index_of(rows.device)),
    )
