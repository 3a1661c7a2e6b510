# mypy: allow-untyped-defs, allow-untyped-decorators, allow-untyped-calls
"""The second launch of ``chain``: the position, the last token and the status from the tiles' mass."""

import triton.language as tl
from triton.language.extra.cuda import gdc_wait

from draftproof.optimized.results import Status
from draftproof.optimized.triton.launch import kernel
from draftproof.optimized.triton.row import MAX_TILES, find_tile, found, load_sums, search
from draftproof.optimized.triton.speculative.chain_sums import CONSTANTS, POINTERS, UNIFORMS, load_rows
from draftproof.optimized.triton.speculative.decision import (
    accepted_by_token,
    block_rates,
    doubtful,
    highest_open,
    next_open,
    rate_at,
    read_chain,
)

DEGENERATE = tl.constexpr(int(Status.DEGENERATE))
NAN_SEEN = tl.constexpr(int(Status.NAN_SEEN))


@kernel(
    pointers={**POINTERS, "sample_uniforms": "uniform", "tokens": "i32", "accepted": "i32", "status": "i32"},
    types=UNIFORMS,
    constants={**CONSTANTS, "MAX_TILES": (MAX_TILES,)},
    warps=4,
    registers={False: 128, True: 128},
    follows=True,
)
def emit(
    drafts,
    lengths,
    q,
    p,
    accept_uniforms,
    sample_uniforms,
    sums,
    tokens,
    accepted,
    status,
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
    BLOCK_RULE: tl.constexpr,
    ALIGNED: tl.constexpr,
    DRAFTS: tl.constexpr,
    LANES: tl.constexpr,
    MAX_TILES: tl.constexpr,
    OVERLAP: tl.constexpr,
):
    """Write tokens int32 [B, K+1], accepted int32 [B], status int32 [B] from the sums of ``sum_tiles``."""
    request = tl.program_id(0).to(tl.int64)
    x, u, p_x, q_x, length, flags = read_chain(
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
    sample_uniform = tl.load(sample_uniforms + request).to(tl.float64)
    i = tl.arange(0, DRAFTS)
    t = tl.arange(0, MAX_TILES)
    if BLOCK_RULE:
        rates = block_rates(p_x, q_x)
        position = highest_open(u, rates, length, DRAFTS)
        rate = rate_at(position, rates, length, DRAFTS)
        doubt = doubtful(p_x, q_x, length, DRAFTS).to(tl.float32)
        slots = width + 1
    else:
        position = accepted_by_token(u, p_x, q_x, length, DRAFTS)
        rate = sample_uniform * 0 + 1.0
        doubt = doubtful(p_x, q_x, tl.minimum(length, position + 1), DRAFTS).to(tl.float32)
        slots = 1
    if OVERLAP:
        gdc_wait()

    of_request = sums + request * slots * 3 * tiles
    slot = of_request
    if BLOCK_RULE:
        passed = rate >= 1.0
        while not passed:
            slot = of_request + position * 3 * tiles
            excess = tl.sum(load_sums(slot, tiles, MAX_TILES), 0)
            # Without mass in the target's row, which then has no excess either, this draft is the last one.
            target = tl.load(slot + tiles + t, mask=t < tl.where(excess == 0, tiles, 0), other=0.0)
            last = (excess == 0) & (tl.max(target, 0) == 0)
            threshold = tl.where(last, rate, excess / (excess + (1.0 - rate)))
            passed = tl.sum(tl.where(i + 1 == position, u, 0.0), 0) < threshold
            if not passed:
                unsure = tl.load(slot + 2 * tiles + t, mask=t < tiles, other=0.0)
                doubt = tl.maximum(doubt, tl.max(unsure, 0))
                position = next_open(position, u, rates, DRAFTS)
                rate = rate_at(position, rates, length, DRAFTS)
                passed = rate >= 1.0
        slot = of_request + position * 3 * tiles

    # Everything but the last token is known and need not stay in registers during the draw.
    row = tokens + request * (width + 1)
    tl.store(row + i, tl.where(i < position, x, -1), mask=(i < width) & (i != position))
    tl.store(row + width, -1, mask=position < width)
    tl.store(accepted + request, position)

    unsure = tl.load(slot + 2 * tiles + t, mask=t < tiles, other=0.0)
    doubt = tl.maximum(doubt, tl.max(unsure, 0))
    draft = tl.sum(tl.where(i == position, x, 0), 0)
    p_row = p + request * stride_pb + position * stride_pk
    q_row = q + request * stride_qb + position * stride_qk
    residual = position < length
    beyond = blocks * LANES
    token = position * 0 - 1
    source = position * 0
    # From the residual; if that has no mass, from the target's row.
    while (token < 0) & (source < 2):
        totals = load_sums(slot + source * tiles, tiles, MAX_TILES)
        tile, rest = find_tile(totals, sample_uniform, MAX_TILES)
        if tile >= 0:
            first = tile.to(tl.int64) * blocks * LANES
            key = 3 * beyond
            below = rest * 0
            for block in range(blocks):
                p_mass, q_mass, _ = load_rows(
                    p_row,
                    q_row,
                    first + block * LANES,
                    vocabulary,
                    draft,
                    residual & (source == 0),
                    has_q,
                    ALIGNED,
                    LANES,
                )
                scale = tl.where(source == 0, rate, 1.0)
                weights = tl.maximum(scale * p_mass.to(tl.float64) - q_mass.to(tl.float64), 0.0)
                cdf = below + tl.cumsum(weights, 0)
                ids = block * LANES + tl.arange(0, LANES)
                key = tl.minimum(key, tl.min(search(weights, cdf, rest, ids, beyond), 0))
                below = tl.max(cdf, 0)
            offset = found(key, beyond)
            token = tl.where(offset >= 0, first + offset, -1).to(tl.int32)
        source += 1

    flags |= tl.where(token < 0, DEGENERATE, 0) | tl.where(doubt > 0, NAN_SEEN, 0)
    tl.store(status + request, flags)
    tl.store(row + position, token)
