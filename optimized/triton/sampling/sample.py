# mypy: allow-untyped-defs, allow-untyped-decorators, allow-untyped-calls
"""One token per row by inverse CDF, in Triton.

Bytes to move: the row once, 4 V per request. One program per request would wait for one
multiprocessor's share of the memory, so the row is spread over the chip in two launches:

    _sum_tiles   one program per tile: its sum, and whether it has a NaN or an infinity
    _draw        one program per request: finds the tile in float64, reads it again (from the L2
                 cache) and scans it in float64; starts while the sums are still running

The sums are scratch of 8 bytes per tile, written before they are read.
"""

import torch
import triton
import triton.language as tl
from triton.language.extra.cuda import gdc_launch_dependents, gdc_wait

from draftproof.optimized.results import Sampled, Status
from draftproof.optimized.signatures.implement import implements
from draftproof.optimized.triton.launch import aligned, contiguous_rows, kernel, require
from draftproof.optimized.triton.row import (
    LANES,
    MAX_TILES,
    SHRUNK,
    find_tile,
    finite,
    found,
    load_lanes,
    load_sums,
    mass,
    search,
    tiling,
)

DEGENERATE = tl.constexpr(int(Status.DEGENERATE))
NAN_SEEN = tl.constexpr(int(Status.NAN_SEEN))


@triton.jit
def _sum_tile(row, first, vocabulary, blocks, scale, ALIGNED: tl.constexpr, LANES: tl.constexpr):
    """Mass of a tile times ``scale``, and 1 where it has a NaN or an infinity."""
    total = 0.0
    doubt = 0.0
    for block in range(blocks):
        p = load_lanes(row, first + block * LANES, vocabulary, 0.0, ALIGNED, LANES)
        total += tl.sum(mass(p) * scale, 0)
        doubt = tl.maximum(doubt, tl.max(tl.where(finite(p), 0.0, 1.0), 0))
    return total, doubt


@kernel(
    pointers={"probs": "fp32", "sums": "fp32"},
    constants={"ALIGNED": (False, True), "LANES": (LANES,)},
    warps=4,
)
def _sum_tiles(
    probs,
    sums,
    stride_b: tl.int64,
    vocabulary: tl.int64,
    tiles: tl.int32,
    blocks: tl.int32,
    ALIGNED: tl.constexpr,
    LANES: tl.constexpr,
    OVERLAP: tl.constexpr,
):
    """Write sums float32 [B, 2, tiles]: mass of tiles as ``load_sums`` reads it, 1 at a NaN or infinity."""
    if OVERLAP:
        gdc_launch_dependents()
    program = tl.program_id(0).to(tl.int64)
    request = program // tiles
    tile = program % tiles
    row = probs + request * stride_b
    first = tile * blocks * LANES
    total, doubt = _sum_tile(row, first, vocabulary, blocks, 1.0, ALIGNED, LANES)
    if total == float("inf"):
        total, doubt = _sum_tile(row, first, vocabulary, blocks, -SHRUNK, ALIGNED, LANES)
    out = sums + request * 2 * tiles + tile
    tl.store(out, total)
    tl.store(out + tiles, doubt)


@kernel(
    pointers={"probs": "fp32", "uniforms": "uniform", "sums": "fp32", "tokens": "i32", "status": "i32"},
    types={"uniform": ("fp32", "fp64")},
    constants={"ALIGNED": (False, True), "LANES": (LANES,), "MAX_TILES": (MAX_TILES,)},
    warps=4,
    follows=True,
)
def _draw(
    probs,
    uniforms,
    sums,
    tokens,
    status,
    stride_b: tl.int64,
    stride_u: tl.int64,
    vocabulary: tl.int64,
    tiles: tl.int32,
    blocks: tl.int32,
    ALIGNED: tl.constexpr,
    LANES: tl.constexpr,
    MAX_TILES: tl.constexpr,
    OVERLAP: tl.constexpr,
):
    """Write tokens int32 [B], status int32 [B] from the sums of ``_sum_tiles``."""
    request = tl.program_id(0).to(tl.int64)
    uniform = tl.load(uniforms + request * stride_u).to(tl.float64)
    if OVERLAP:
        gdc_wait()
    t = tl.arange(0, MAX_TILES)
    of_row = sums + request * 2 * tiles
    totals = load_sums(of_row, tiles, MAX_TILES)
    doubt = tl.load(of_row + tiles + t, mask=t < tiles, other=0.0)
    tile, rest = find_tile(totals, uniform, MAX_TILES)

    token = tile
    if tile >= 0:
        row = probs + request * stride_b
        begin = tile.to(tl.int64) * blocks * LANES
        beyond = blocks * LANES
        key = 3 * beyond
        below = rest * 0
        for block in range(blocks):
            ids = block * LANES + tl.arange(0, LANES)
            p = load_lanes(row, begin + block * LANES, vocabulary, 0.0, ALIGNED, LANES)
            weights = mass(p).to(tl.float64)
            cdf = below + tl.cumsum(weights, 0)
            key = tl.minimum(key, tl.min(search(weights, cdf, rest, ids, beyond), 0))
            below = tl.max(cdf, 0)
        token = (begin + found(key, beyond)).to(tl.int32)
    tl.store(tokens + request, token)
    flags = tl.where(token < 0, DEGENERATE, 0) | tl.where(tl.max(doubt, 0) > 0, NAN_SEEN, 0)
    tl.store(status + request, flags)


@implements
def sample(probs: torch.Tensor, uniforms: torch.Tensor, out: Sampled, B: int, V: int) -> None:
    """Draw one id per row: the smallest t with p(t) > 0 and cdf(t) > u * total.

    probs float32 [B, V], uniforms float32 or float64 [B], any strides; returns tokens int32 [B] and
    status int32 [B]. ``check`` synchronises and raises on a status bit.
    """
    probs, device = contiguous_rows(probs), probs.device
    require("sample", device)
    if B:
        tiles, blocks = tiling(V)
        sums = torch.empty((B, 2, tiles), dtype=torch.float32, device=device)
        row = {
            "probs": probs,
            "sums": sums,
            "stride_b": probs.stride(0),
            "vocabulary": V,
            "tiles": tiles,
            "blocks": blocks,
            "ALIGNED": aligned(probs),
            "LANES": LANES,
        }
        _sum_tiles.launch(B * tiles, device, **row)
        _draw.launch(
            B,
            device,
            **row,
            uniforms=uniforms,
            stride_u=uniforms.stride(0),
            tokens=out.tokens,
            status=out.status,
            MAX_TILES=MAX_TILES,
        )
