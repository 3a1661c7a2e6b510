"""Philox4x32-10 with CuPy."""

from pathlib import Path

import numpy as np
import torch

from draftproof.optimized.cupy.kernel import Kernel
from draftproof.optimized.cupy.views import address, view
from draftproof.optimized.signatures.implement import implements

UNIFORMS = Kernel(Path(__file__).with_suffix(".cu"), "uniforms", threads=256)


@implements
def uniforms(seeds: torch.Tensor, offsets: torch.Tensor, count: int, out: torch.Tensor) -> None:
    """Return float32 [B, count] in [0, 1): elements offset .. offset + count - 1 of each seed's stream.

    seeds int64 [B] (the key), offsets int64 [B] (the number of the first element, modulo 2**64).
    """
    blocks = -(-out.numel() // UNIFORMS.threads)
    UNIFORMS.launch(
        seeds.device,
        blocks,
        view(seeds, 1),
        view(offsets, 1),
        np.int64(out.numel()),
        np.int64(count),
        address(out),
    )
