# mypy: allow-untyped-defs, allow-untyped-decorators, allow-untyped-calls
"""What the drafts' own probabilities decide, before any row is read: device functions of ``chain``.

One request's drafts sit side by side in a vector of ``DRAFTS`` lanes, lane i holding draft i and its
p(x_i) and q(x_i): all gathered at once, so that a decision costs two rounds of memory latency
whatever K is. A position is a number of accepted drafts, 0 to the chain's length.
"""

import triton
import triton.language as tl

from draftproof.optimized.results import Status
from draftproof.optimized.triton.row import finite, mass

INVALID_TOKEN = tl.constexpr(int(Status.INVALID_TOKEN))
INVALID_LENGTH = tl.constexpr(int(Status.INVALID_LENGTH))
# h_i <= P_i for rows that sum to 1; float32 rows do so within this.
SLACK = tl.constexpr(1.0 + 1e-4)


@triton.jit
def read_chain(
    drafts,
    lengths,
    q,
    p,
    uniforms,
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
    DRAFTS: tl.constexpr,
):
    """Read one request's chain.

    Returns x int32, u float64, p(x) and q(x) float32 [DRAFTS], the usable length int32 and the
    status bits of ids and length.
    """
    i = tl.arange(0, DRAFTS).to(tl.int64)
    x = tl.load(drafts + request * stride_db + i, mask=i < width, other=-1)
    u = tl.load(uniforms + request * stride_ub + i, mask=i < width, other=0.0).to(tl.float64)
    given = width
    if has_lengths:
        given = tl.load(lengths + request)
    length = tl.minimum(tl.maximum(given, 0), width)
    status = tl.where(length == given, 0, INVALID_LENGTH)
    valid = (x >= 0) & (x < vocabulary)
    at = tl.where(valid, x, 0).to(tl.int64)
    p_x = tl.load(p + request * stride_pb + i * stride_pk + at, mask=valid, other=0.0)
    q_x = tl.where(valid, 1.0, 0.0)
    if has_q:
        q_x = tl.load(q + request * stride_qb + i * stride_qk + at, mask=valid, other=0.0)
    first_invalid = tl.min(tl.where(valid, DRAFTS, tl.arange(0, DRAFTS)), 0)
    status |= tl.where(first_invalid < length, INVALID_TOKEN, 0)
    return x, u, p_x, q_x, tl.minimum(length, first_invalid), status


@triton.jit
def accepted_by_token(u, p_x, q_x, length, DRAFTS: tl.constexpr):
    """The position of the first rejection, or the length."""
    i = tl.arange(0, DRAFTS)
    accept = u * mass(q_x).to(tl.float64) < mass(p_x).to(tl.float64)
    return tl.min(tl.where(accept | (i >= length), length, i), 0)


@triton.jit
def times(a, b):
    """Return a * b for ratios from 0 to infinity, with 0 * infinity = 0."""
    empty = (a == 0) | (b == 0)
    return tl.where(empty, 0.0, a * tl.where(empty, 1.0, b))


@triton.jit
def chain_rates(a1, b1, a2, b2):
    """Compose x -> min(b1, a1 x) with x -> min(b2, a2 x)."""
    return times(a1, a2), tl.minimum(b2, times(a2, b1))


@triton.jit
def block_rates(p_x, q_x):
    """P_i = min(1, P_{i-1} p(x_i) / q(x_i)) for every i at once: lane i holds P_{i+1}, float64.

    A scan over the functions P -> min(1, P ratio); q = 0 makes the ratio infinite, p = 0 makes it 0.
    """
    p64 = mass(p_x).to(tl.float64)
    q64 = mass(q_x).to(tl.float64)
    ratio = tl.where(q64 > 0, p64 / tl.where(q64 > 0, q64, 1.0), float("inf"))
    ratio = tl.where(p64 > 0, ratio, 0.0)
    slope, bound = tl.associative_scan((ratio, tl.zeros_like(ratio) + 1.0), 0, chain_rates)
    return tl.minimum(bound, slope)


@triton.jit
def rate_at(position, rates, length, DRAFTS: tl.constexpr):
    """P at a position; 1 after no draft, and after all of them, where the target's own row is drawn from."""
    i = tl.arange(0, DRAFTS)
    rate = tl.sum(tl.where(i + 1 == position, rates, 0.0), 0)
    return tl.where((position == 0) | (position == length), 1.0, rate)


@triton.jit
def highest_open(u, rates, length, DRAFTS: tl.constexpr):
    """The highest position that p(x) and q(x) do not rule out; the full length is decided by them alone."""
    i = tl.arange(0, DRAFTS)
    passes = (i + 1 == length) & (u < rates)
    open_below = (i + 1 < length) & (u < rates * SLACK)
    return tl.max(tl.where(passes | open_below, i + 1, 0), 0)


@triton.jit
def next_open(position, u, rates, DRAFTS: tl.constexpr):
    """The highest open position below ``position``; 0 is always open."""
    i = tl.arange(0, DRAFTS)
    return tl.max(tl.where((i + 1 < position) & (u < rates * SLACK), i + 1, 0), 0)


@triton.jit
def doubtful(p_x, q_x, count, DRAFTS: tl.constexpr):
    """Whether a NaN or an infinity is among the first ``count`` p(x) and q(x): 0 or 1."""
    i = tl.arange(0, DRAFTS)
    return tl.max(tl.where((i < count) & ~(finite(p_x) & finite(q_x)), 1, 0), 0)
