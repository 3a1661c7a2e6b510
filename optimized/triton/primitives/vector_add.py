# mypy: allow-untyped-defs, allow-untyped-decorators, allow-untyped-calls
"""a + b, in Triton.

Bytes to move: 12 per element, nothing is reused. One program per ``LANES`` elements, 16 bytes a load.
"""

import torch
import triton
import triton.language as tl

from draftproof.optimized.signatures.implement import implements
from draftproof.optimized.triton.launch import aligned, contiguous_rows, kernel, require
from draftproof.optimized.triton.row import lanes_of, load_lanes

LANES = 2048


@kernel(
    pointers={"a": "fp32", "b": "fp32", "out": "fp32"},
    constants={"ALIGNED": (False, True), "LANES": (LANES,)},
    warps=4,
)
def _add(
    a,
    b,
    out,
    size: tl.int64,
    ALIGNED: tl.constexpr,
    LANES: tl.constexpr,
):
    """Write out float32 [N]."""
    begin = tl.program_id(0).to(tl.int64) * LANES
    total = load_lanes(a, begin, size, 0.0, ALIGNED, LANES)
    total += load_lanes(b, begin, size, 0.0, ALIGNED, LANES)
    pointers, inside = lanes_of(out, begin, size, ALIGNED, LANES)
    tl.store(pointers, total, mask=inside)


@implements
def vector_add(a: torch.Tensor, b: torch.Tensor, out: torch.Tensor, N: int) -> None:
    """Return a + b: float32 [N] from two float32 [N], any strides."""
    require("vector_add", a.device)
    a, b = contiguous_rows(a), contiguous_rows(b)
    if N:
        _add.launch(
            triton.cdiv(N, LANES),
            a.device,
            a=a,
            b=b,
            out=out,
            size=N,
            ALIGNED=aligned(a, b),
            LANES=LANES,
        )
