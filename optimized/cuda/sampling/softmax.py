"""Probabilities from logits, CUDA C++."""

import torch

from draftproof.optimized.arguments import sampling as arguments
from draftproof.optimized.arguments.check import FLOATS
from draftproof.optimized.cuda import split
from draftproof.optimized.cuda.library import Entry, Flag, Number, Pointer, strided

ENTRY = Entry(
    "sampling/softmax",
    "draftproof_softmax",
    *(Pointer, Number, Flag),  # logits, its row stride and its place in FLOATS
    Pointer,  # probs
    *(Number, Flag),  # B, V
    *(Flag, Flag, Flag, Flag),  # quads per thread, blocks per row, threads per block, clusters that stay
)


def softmax(logits: torch.Tensor) -> torch.Tensor:
    """Return the softmax of each row: float32 [B, V] from float32, float16 or bfloat16 [B, V].

    -inf and NaN give exactly 0, +inf logits share the mass, a row without finite logits is 0.
    """
    arguments.softmax(logits)
    probs: torch.Tensor = _softmax(logits)
    return probs


@torch.library.custom_op("draftproof_cuda::softmax", mutates_args=(), device_types="cuda")
def _softmax(logits: torch.Tensor) -> torch.Tensor:
    requests, vocabulary = logits.shape
    probs = _output(logits)
    if probs.numel() == 0:
        return probs
    rows = logits if logits.stride(1) == 1 or vocabulary == 1 else logits.contiguous()
    kind = FLOATS.index(rows.dtype)
    ENTRY(
        rows.device,
        *strided(rows, 1),
        kind,
        probs,
        *(requests, vocabulary),
        *split.softmax(requests, vocabulary, kind, rows.device.index),
    )
    return probs


@_softmax.register_fake
def _(logits: torch.Tensor) -> torch.Tensor:
    return _output(logits)


def _output(logits: torch.Tensor) -> torch.Tensor:
    return logits.new_empty(tuple(logits.shape), dtype=torch.float32)
