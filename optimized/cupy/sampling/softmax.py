"""Probabilities from logits with CuPy."""

from pathlib import Path

import numpy as np
import torch

from draftproof.optimized.cupy.kernel import Kernel
from draftproof.optimized.cupy.views import address, dense_rows, view
from draftproof.optimized.signatures.implement import implements

SOFTMAX = {
    dtype: Kernel(Path(__file__).with_suffix(".cu"), f"softmax_{name}", threads=1024)
    for dtype, name in (
        (torch.float32, "float32"),
        (torch.float16, "float16"),
        (torch.bfloat16, "bfloat16"),
    )
}


@implements
def softmax(logits: torch.Tensor, out: torch.Tensor, B: int, V: int) -> None:
    """Return the softmax of each row: float32 [B, V] from float32, float16 or bfloat16 [B, V].

    -inf and NaN give exactly 0, +inf logits share the mass, a row without a logit above -inf is 0.
    """
    logits = dense_rows(logits)
    SOFTMAX[logits.dtype].launch(logits.device, B, view(logits, 2), np.int64(V), address(out))
