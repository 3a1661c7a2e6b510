"""One token per row, CUDA C++."""

import torch

from draftproof.optimized.arguments import sampling as arguments
from draftproof.optimized.cuda import split
from draftproof.optimized.cuda.library import Entry, Flag, Number, Pointer, strided
from draftproof.optimized.results import Sampled, raise_on

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


def sample(probs: torch.Tensor, uniforms: torch.Tensor, *, check: bool = False) -> Sampled:
    """Draw one id per row: the smallest t with p(t) > 0 and cdf(t) > u * total.

    probs float32 [B, V], uniforms float32 or float64 [B]; ``check`` raises on a status bit.
    """
    arguments.sample(probs, uniforms)
    sampled = Sampled(*_sample(probs, uniforms))
    if check:
        raise_on("sample", sampled.status)
    return sampled


@torch.library.custom_op("draftproof_cuda::sample", mutates_args=(), device_types="cuda")
def _sample(probs: torch.Tensor, uniforms: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    requests, vocabulary = probs.shape
    tokens, status = _outputs(probs)
    if requests == 0:
        return tokens, status
    rows = probs if probs.stride(1) == 1 or vocabulary == 1 else probs.contiguous()
    ENTRY(
        rows.device,
        *strided(rows, 1),
        *strided(uniforms, 1),
        uniforms.dtype == torch.float64,
        *(tokens, status),
        *(requests, vocabulary),
        *split.draw(KERNEL, requests, vocabulary, rows.device.index),
    )
    return tokens, status


@_sample.register_fake
def _(probs: torch.Tensor, uniforms: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return _outputs(probs)


def _outputs(probs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    requests = probs.shape[0]
    return probs.new_empty(requests, dtype=torch.int32), probs.new_empty(requests, dtype=torch.int32)
