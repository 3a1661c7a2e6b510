"""One token per row with CuPy."""

from pathlib import Path

import numpy as np
import torch

from draftproof.optimized.cupy.kernel import Kernel
from draftproof.optimized.cupy.views import address, dense_rows, uniforms_view, view
from draftproof.optimized.results import Sampled
from draftproof.optimized.signatures.implement import implements

SAMPLE = Kernel(Path(__file__).with_suffix(".cu"), "sample", threads=1024)


@implements
def sample(probs: torch.Tensor, uniforms: torch.Tensor, out: Sampled, B: int, V: int) -> None:
    """Draw one id per row: the smallest t with p(t) > 0 and cdf(t) > u * total.

    probs float32 [B, V], uniforms float32 or float64 [B]; ``check`` raises on a status bit.
    """
    probs = dense_rows(probs)
    SAMPLE.launch(
        probs.device,
        B,
        view(probs, 2),
        uniforms_view(uniforms),
        np.int64(V),
        address(out.tokens),
        address(out.status),
    )
