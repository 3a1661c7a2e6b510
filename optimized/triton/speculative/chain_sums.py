# mypy: allow-untyped-defs, allow-untyped-decorators, allow-untyped-calls
"""The first launch of ``chain``: each tile's mass in the rows that the last token may be drawn from."""

import triton
import triton.language as tl
from triton.language.extra.cuda import gdc_launch_dependents

from draftproof.optimized.triton.launch import kernel
from draftproof.optimized.triton.row import LANES, SHRUNK, finite, load_lanes, mass
from draftproof.optimized.triton.speculative.decision import (
    accepted_by_token,
    block_rates,
    highest_open,
    next_open,
    rate_at,
    read_chain,
)

DRAFTS = 16, 256
"""Widths of the vector that holds a request's drafts; K is at most the largest."""

POINTERS = {
    "drafts": "i32",
    "lengths": "i32",
    "q": "fp32",
    "p": "fp32",
    "accept_uniforms": "uniform",
    "sums": "fp32",
}
CONSTANTS = {"BLOCK_RULE": (False, True), "ALIGNED": (False, True), "DRAFTS": DRAFTS, "LANES": (LANES,)}
UNIFORMS = {"uniform": ("fp32", "fp64")}


@triton.jit
def _add(w1, p1, doubt1, w2, p2, doubt2):
    return w1 + w2, p1 + p2, tl.maximum(doubt1, doubt2)


@triton.jit
def load_rows(p, q, begin, vocabulary, draft, residual, has_q, ALIGNED: tl.constexpr, LANES: tl.constexpr):
    """Mass of p and q (0 unless residual) at [begin, begin + LANES), and 1 where either is not finite."""
    p_row = load_lanes(p, begin, vocabulary, 0.0, ALIGNED, LANES)
    q_row = tl.zeros([LANES], tl.float32)
    if residual:
        if has_q:
            q_row = load_lanes(q, begin, vocabulary, 0.0, ALIGNED, LANES)
        else:
            q_row = tl.where(tl.arange(0, LANES) == draft - begin, 1.0, 0.0)
    return mass(p_row), mass(q_row), tl.where(finite(p_row) & finite(q_row), 0.0, 1.0)


@triton.jit
def _sum_tile(
    p_row,
    q_row,
    first,
    vocabulary,
    blocks,
    draft,
    residual,
    has_q,
    high,
    low,
    scale,
    BLOCK_RULE: tl.constexpr,
    ALIGNED: tl.constexpr,
    LANES: tl.constexpr,
):
    """Mass of a tile's residual and of p, times ``scale``, and 1 at a NaN or infinity; P is high + low."""
    weight_sum = 0.0
    target_sum = 0.0
    doubt = 0.0
    for block in range(blocks):
        begin = first + block * LANES
        p_mass, q_mass, unsure = load_rows(
            p_row, q_row, begin, vocabulary, draft, residual, has_q, ALIGNED, LANES
        )
        if BLOCK_RULE:
            # P in two parts: the difference is rounded once, however close P p and q are.
            weight = tl.maximum(tl.fma(p_mass, high, -q_mass) + p_mass * low, 0.0)
        else:
            weight = tl.maximum(p_mass - q_mass, 0.0)
        sums_here = tl.reduce((weight * scale, p_mass * scale, unsure), 0, _add)
        weight_sum += sums_here[0]
        target_sum += sums_here[1]
        doubt = tl.maximum(doubt, sums_here[2])
    return weight_sum, target_sum, doubt


@kernel(pointers=POINTERS, types=UNIFORMS, constants=CONSTANTS, warps=4, registers={False: 168})
def sum_tiles(
    drafts,
    lengths,
    q,
    p,
    accept_uniforms,
    sums,
    stride_db: tl.int64,
    stride_qb: tl.int64,
    stride_qk: tl.int64,
    stride_pb: tl.int64,
    stride_pk: tl.int64,
    stride_ub: tl.int64,
    width: tl.int32,
    vocabulary: tl.int32,
    has_lengths: tl.int32,
    has_q: tl.int32,
    tiles: tl.int32,
    blocks: tl.int32,
    per_request: tl.int32,
    share: tl.int32,
    BLOCK_RULE: tl.constexpr,
    ALIGNED: tl.constexpr,
    DRAFTS: tl.constexpr,
    LANES: tl.constexpr,
    OVERLAP: tl.constexpr,
):
    """Write sums float32 [B, K+1 or 1, 3, tiles]: mass of the residual, of p, and 1 at a NaN or infinity.

    Both masses as ``load_sums`` reads them.
    """
    if OVERLAP:
        gdc_launch_dependents()
    program = tl.program_id(0).to(tl.int64)
    request = program // per_request
    first = (program % per_request) * share
    x, u, p_x, q_x, length, _ = read_chain(
        drafts,
        lengths,
        q,
        p,
        accept_uniforms,
        request,
        stride_db,
        stride_qb,
        stride_qk,
        stride_pb,
        stride_pk,
        stride_ub,
        width,
        vocabulary,
        has_lengths,
        has_q,
        DRAFTS,
    )
    if BLOCK_RULE:
        rates = block_rates(p_x, q_x)
        position = highest_open(u, rates, length, DRAFTS)
        slots = width + 1
    else:
        position = accepted_by_token(u, p_x, q_x, length, DRAFTS)
        slots = 1
    out = sums + request * slots * 3 * tiles
    while position >= 0:
        draft = tl.sum(tl.where(tl.arange(0, DRAFTS) == position, x, 0), 0)
        residual = position < length
        p_row = p + request * stride_pb + position * stride_pk
        q_row = q + request * stride_qb + position * stride_qk
        if BLOCK_RULE:
            rate = rate_at(position, rates, length, DRAFTS)
            high = rate.to(tl.float32)
            low = (rate - high.to(tl.float64)).to(tl.float32)
            slot = out + position * 3 * tiles
            position = tl.where(rate < 1.0, next_open(position, u, rates, DRAFTS), -1)
        else:
            high = 1.0
            low = 0.0
            slot = out
            position = position * 0 - 1
        for tile in range(first, tl.minimum(first + share, tiles)):
            begin = tile * blocks * LANES
            weight_sum, target_sum, doubt = _sum_tile(
                p_row,
                q_row,
                begin,
                vocabulary,
                blocks,
                draft,
                residual,
                has_q,
                high,
                low,
                1.0,
                BLOCK_RULE,
                ALIGNED,
                LANES,
            )
            if target_sum == float("inf"):  # at least what the residual is
                shrunk, target_sum, doubt = _sum_tile(
                    p_row,
                    q_row,
                    begin,
                    vocabulary,
                    blocks,
                    draft,
                    residual,
                    has_q,
                    high,
                    low,
                    -SHRUNK,
                    BLOCK_RULE,
                    ALIGNED,
                    LANES,
                )
                weight_sum = tl.where(weight_sum == float("inf"), shrunk, weight_sum)
            tl.store(slot + tile, weight_sum)
            tl.store(slot + tiles + tile, target_sum)
            tl.store(slot + 2 * tiles + tile, doubt)
