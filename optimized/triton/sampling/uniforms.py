# mypy: allow-untyped-defs, allow-untyped-decorators, allow-untyped-calls
"""Uniforms from a counter, in Triton: Philox4x32-10.

Bytes to move: 4 per number, all written; the work is arithmetic, ten rounds of two 32 x 32-bit
products. One program per ``LANES`` numbers of a request. Each number computes its own block of four
words and keeps one: four times the arithmetic, but any offset starts anywhere in a block.
"""

import torch
import triton
import triton.language as tl

from draftproof.optimized.signatures.implement import implements
from draftproof.optimized.triton.launch import kernel, require

LANES = 256


@kernel(
    pointers={"seeds": "i64", "offsets": "i64", "out": "fp32"},
    constants={"LANES": (LANES,)},
    warps=4,
)
def _uniforms(
    seeds,
    offsets,
    out,
    stride_s: tl.int64,
    stride_o: tl.int64,
    count: tl.int64,
    tiles: tl.int64,
    LANES: tl.constexpr,
):
    """Write out float32 [B, count]."""
    program = tl.program_id(0).to(tl.int64)
    request = program // tiles
    j = (program % tiles) * LANES + tl.arange(0, LANES)
    number = (tl.load(offsets + request * stride_o) + j).to(tl.uint64)
    block = number >> 2
    zero = tl.zeros([LANES], tl.uint32)
    w0, w1, w2, w3 = tl.philox(
        tl.load(seeds + request * stride_s), block.to(tl.uint32), (block >> 32).to(tl.uint32), zero, zero
    )
    lane = (number & 3).to(tl.int32)
    word = tl.where(lane == 0, w0, tl.where(lane == 1, w1, tl.where(lane == 2, w2, w3)))
    tl.store(out + request * count + j, (word >> 8).to(tl.float32) * 2.0**-24, mask=j < count)


@implements
def uniforms(seeds: torch.Tensor, offsets: torch.Tensor, count: int, out: torch.Tensor, B: int) -> None:
    """Return float32 [B, count] in [0, 1): elements offset .. offset + count - 1 of each seed's stream.

    seeds int64 [B] (the key), offsets int64 [B] (the number of the first element, modulo 2**64).
    """
    require("uniforms", seeds.device)
    if out.numel():
        tiles = triton.cdiv(count, LANES)
        _uniforms.launch(
            B * tiles,
            seeds.device,
            seeds=seeds,
            offsets=offsets,
            out=out,
            stride_s=seeds.stride(0),
            stride_o=offsets.stride(0),
            count=count,
            tiles=tiles,
            LANES=LANES,
        )
