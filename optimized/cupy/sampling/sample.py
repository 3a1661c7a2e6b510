"""One token per row with CuPy."""

from pathlib import Path

import numpy as np
import torch

from draftproof.optimized.arguments import sampling as arguments
from draftproof.optimized.cupy.kernel import Kernel
from draftproof.optimized.cupy.views import address, dense_rows, uniforms_view, view
from draftproof.optimized.results import Sampled, raise_on

SAMPLE = Kernel(Path(__file__).with_suffix(".cu"), "sample", threads=1024)


def sample(probs: torch.Tensor, uniforms: torch.Tensor, *, check: bool = False) -> Sampled:
    """Draw one id per row: the smallest t with p(t) > 0 and cdf(t) > u * total.

    probs float32 [B, V], uniforms float32 or float64 [B]; ``check`` raises on a status bit.
    """
    requests, vocabulary = arguments.sample(probs, uniforms)
    probs = dense_rows(probs)
    tokens = torch.empty(requests, dtype=torch.int32, device=probs.device)
    status = torch.empty_like(tokens)
    SAMPLE.launch(
        probs.device,
        requests,
        view(probs, 2),
        uniforms_view(uniforms),
        np.int64(vocabulary),
        address(tokens),
        address(status),
    )
    if check:
        raise_on("sample", status)
    return Sampled(tokens, status)
