# mypy: allow-untyped-defs, allow-untyped-decorators, allow-untyped-calls
"""Verification of a drafted chain by rejection sampling, in Triton: the token rule and the block rule.

Bytes to move per request: p(x_i) and q(x_i) of its drafts, then the rows the last token is drawn
from: the target's alone if everything was accepted (4 V), target's and draft's after a rejection
(8 V). The rows that the drafts' own probabilities rule out are never touched. Two launches:

    _sum_tiles   one program per tile of a request's rows, or per several tiles where the batch fills
                 the chip. Each decides the request's fate by itself, from the same few numbers, and
                 sums relu(P p - q) and p over its tiles.
    _emit        one program per request: decides again (while the sums are still running), finds
                 the tile in float64, reads that tile again and scans it in float64.

Under the block rule position i passes only if u_i < h_i, and h_i needs the sum of a whole row, but
h_i <= P_i, which does not. So ``_sum_tiles`` sums, from the top down, the positions that P leaves
open, up to the first that passes for sure (P_i = 1, position 0 at the latest), and ``_emit`` takes
the first that passes. Which rows those are depends on the request alone: nothing waits for the host.

The sums are scratch of 12 bytes per tile and open position, written before they are read.
"""

import torch
import triton
import triton.language as tl
from triton.language.extra.cuda import gdc_launch_dependents, gdc_wait

from draftproof.optimized.arguments import speculative as arguments
from draftproof.optimized.results import Status, Verified, raise_on
from draftproof.optimized.triton.launch import aligned, contiguous_rows, kernel, require
from draftproof.optimized.triton.row import (
    LANES,
    MAX_TILES,
    find_tile,
    finite,
    found,
    load_lanes,
    mass,
    search,
    tiles_per_program,
    tiling,
)
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
    return w1 + w2, p1 + p2, doubt1 | doubt2


@triton.jit
def _load_rows(p, q, begin, vocabulary, draft, residual, has_q, ALIGNED: tl.constexpr, LANES: tl.constexpr):
    """Mass of p and q (0 unless residual) at [begin, begin + LANES), and where either is not finite."""
    p_row = load_lanes(p, begin, vocabulary, 0.0, ALIGNED, LANES)
    q_row = tl.zeros([LANES], tl.float32)
    if residual:
        if has_q:
            q_row = load_lanes(q, begin, vocabulary, 0.0, ALIGNED, LANES)
        else:
            q_row = tl.where(tl.arange(0, LANES) == draft - begin, 1.0, 0.0)
    return mass(p_row), mass(q_row), tl.where(finite(p_row) & finite(q_row), 0, 1)


@kernel(pointers=POINTERS, types=UNIFORMS, constants=CONSTANTS, warps=4)
def _sum_tiles(
    drafts,
    lengths,
    q,
    p,
    accept_uniforms,
    sums,
    stride_db: tl.int64,
    stride_dk: tl.int64,
    stride_l: tl.int64,
    stride_qb: tl.int64,
    stride_qk: tl.int64,
    stride_pb: tl.int64,
    stride_pk: tl.int64,
    stride_ub: tl.int64,
    stride_uk: tl.int64,
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
    """Write sums float32 [B, K+1 or 1, 3, tiles]: mass of the residual, of p, and 1 at a NaN or infinity."""
    if OVERLAP:
        gdc_launch_dependents()
    program = tl.program_id(0).to(tl.int64)
    request = program // per_request
    first = (program % per_request) * share
    x, u, p_x, q_x, length, _ = read_chain(
        drafts + request * stride_db,
        lengths + request * stride_l,
        q + request * stride_qb,
        p + request * stride_pb,
        accept_uniforms + request * stride_ub,
        stride_dk,
        stride_qk,
        stride_pk,
        stride_uk,
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
            slot = out
            position = position * 0 - 1
        for tile in range(first, tl.minimum(first + share, tiles)):
            weight_sum = 0.0
            target_sum = 0.0
            doubt = 0
            for block in range(blocks):
                begin = (tile * blocks + block) * LANES
                p_mass, q_mass, unsure = _load_rows(
                    p_row, q_row, begin, vocabulary, draft, residual, has_q, ALIGNED, LANES
                )
                if BLOCK_RULE:
                    # P in two parts: the difference is rounded once, however close P p and q are.
                    weight = tl.maximum(tl.fma(p_mass, high, -q_mass) + p_mass * low, 0.0)
                else:
                    weight = tl.maximum(p_mass - q_mass, 0.0)
                sums_here = tl.reduce((weight, p_mass, unsure), 0, _add)
                weight_sum += sums_here[0]
                target_sum += sums_here[1]
                doubt |= sums_here[2]
            tl.store(slot + tile, weight_sum)
            tl.store(slot + tiles + tile, target_sum)
            tl.store(slot + 2 * tiles + tile, doubt.to(tl.float32))


@kernel(
    pointers={**POINTERS, "sample_uniforms": "uniform", "tokens": "i32", "accepted": "i32", "status": "i32"},
    types=UNIFORMS,
    constants={**CONSTANTS, "MAX_TILES": (MAX_TILES,)},
    warps=4,
    registers=128,
    follows=True,
)
def _emit(
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
    stride_dk: tl.int64,
    stride_l: tl.int64,
    stride_qb: tl.int64,
    stride_qk: tl.int64,
    stride_pb: tl.int64,
    stride_pk: tl.int64,
    stride_ub: tl.int64,
    stride_uk: tl.int64,
    stride_s: tl.int64,
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
    """Write tokens int32 [B, K+1], accepted int32 [B], status int32 [B] from the sums of ``_sum_tiles``."""
    request = tl.program_id(0).to(tl.int64)
    x, u, p_x, q_x, length, flags = read_chain(
        drafts + request * stride_db,
        lengths + request * stride_l,
        q + request * stride_qb,
        p + request * stride_pb,
        accept_uniforms + request * stride_ub,
        stride_dk,
        stride_qk,
        stride_pk,
        stride_uk,
        width,
        vocabulary,
        has_lengths,
        has_q,
        DRAFTS,
    )
    sample_uniform = tl.load(sample_uniforms + request * stride_s).to(tl.float64)
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
            excess = tl.sum(tl.load(slot + t, mask=t < tiles, other=0.0).to(tl.float64), 0)
            passed = tl.sum(tl.where(i + 1 == position, u, 0.0), 0) < excess / (excess + (1.0 - rate))
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
        totals = tl.load(slot + source * tiles + t, mask=t < tiles, other=0.0).to(tl.float64)
        tile, rest = find_tile(totals, sample_uniform, MAX_TILES)
        if tile >= 0:
            first = tile.to(tl.int64) * blocks * LANES
            key = 3 * beyond
            below = rest * 0
            for block in range(blocks):
                p_mass, q_mass, _ = _load_rows(
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


def verify_chain(
    draft_tokens: torch.Tensor,
    draft_lengths: torch.Tensor | None,
    draft_probs: torch.Tensor | None,
    target_probs: torch.Tensor,
    accept_uniforms: torch.Tensor,
    sample_uniforms: torch.Tensor,
    *,
    rule: str = "token",
    check: bool = False,
) -> Verified:
    """Accept a prefix of each drafted chain and draw one more token, so that the target's law is kept.

    draft_tokens int32 [B, K] with K <= 256, draft_lengths int32 [B] or None (= K), draft_probs
    float32 [B, K, V] or None (one-hot), target_probs float32 [B, K+1, V], accept_uniforms [B, K] and
    sample_uniforms [B] float32 or float64; any strides. ``rule`` is "token" or "block"; ``check``
    synchronises and raises on a status bit. Returns tokens int32 [B, K+1], accepted and status int32 [B].
    """
    requests, width, vocabulary = arguments.verify_chain(
        draft_tokens, draft_lengths, draft_probs, target_probs, accept_uniforms, sample_uniforms, rule
    )
    target_probs, device = contiguous_rows(target_probs), target_probs.device
    require("verify_chain", device)
    if width > DRAFTS[-1]:
        raise ValueError(f"verify_chain: K must be at most {DRAFTS[-1]}, got {width}")
    tokens = torch.empty((requests, width + 1), dtype=torch.int32, device=device)
    accepted = torch.empty(requests, dtype=torch.int32, device=device)
    status = torch.empty_like(accepted)
    if requests:
        tiles, blocks = tiling(vocabulary)
        slots = width + 1 if rule == "block" else 1
        # An absent tensor needs a pointer all the same; it is not read.
        q = target_probs if draft_probs is None else contiguous_rows(draft_probs)
        lengths = draft_tokens if draft_lengths is None else draft_lengths
        chain = {
            "drafts": draft_tokens,
            "lengths": lengths,
            "q": q,
            "p": target_probs,
            "accept_uniforms": accept_uniforms,
            "sums": torch.empty((requests, slots, 3, tiles), dtype=torch.float32, device=device),
            "stride_db": draft_tokens.stride(0),
            "stride_dk": draft_tokens.stride(1),
            "stride_l": lengths.stride(0),
            "stride_qb": q.stride(0),
            "stride_qk": q.stride(1),
            "stride_pb": target_probs.stride(0),
            "stride_pk": target_probs.stride(1),
            "stride_ub": accept_uniforms.stride(0),
            "stride_uk": accept_uniforms.stride(1),
            "width": width,
            "vocabulary": vocabulary,
            "has_lengths": int(draft_lengths is not None),
            "has_q": int(draft_probs is not None),
            "tiles": tiles,
            "blocks": blocks,
            "BLOCK_RULE": rule == "block",
            "ALIGNED": aligned(target_probs, q),
            "DRAFTS": DRAFTS[0] if width <= DRAFTS[0] else DRAFTS[1],
            "LANES": LANES,
        }
        share = tiles_per_program(requests, tiles, device)
        per_request = triton.cdiv(tiles, share)
        _sum_tiles.launch(requests * per_request, device, **chain, per_request=per_request, share=share)
        _emit.launch(
            requests,
            device,
            **chain,
            sample_uniforms=sample_uniforms,
            stride_s=sample_uniforms.stride(0),
            tokens=tokens,
            accepted=accepted,
            status=status,
            MAX_TILES=MAX_TILES,
        )
    if check:
        raise_on("verify_chain", status)
    return Verified(tokens, accepted, status)
