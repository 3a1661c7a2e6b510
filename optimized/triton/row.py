# mypy: allow-untyped-defs, allow-untyped-decorators, allow-untyped-calls
"""What the kernels share: tiles of a row of probabilities, and the draw by inverse CDF.

A row of V numbers is cut into at most ``MAX_TILES`` tiles; where the cuts lie depends on V alone, so
the order of summation, and with it every bit of an answer, is the same in any batch. One program
sums a tile in float32 (a tree over ``LANES`` lanes); whoever draws combines the tiles in float64 and
scans the one tile in which the draw falls in float64:

    row     |  tile 0  |  tile 1  | ... |  tile T-1 |      one program each: sum
    sums    |   0.02   |   0.31   | ... |    0.00   |      one program: scan, find the tile,
    tile 1  |..........^...................|               scan its weights, find the token

A tile whose numbers float32 cannot add up (finite numbers, an infinite sum) is summed once more, each of
them times ``SHRUNK``, and that sum is stored as a negative number: one comparison for every other tile.
"""

import torch
import triton
import triton.language as tl

from draftproof.optimized.triton.launch import multiprocessors

LANES = 1024
MAX_TILES = 256
PROGRAMS_PER_MULTIPROCESSOR = 16
MAX_SHARE = 4
SHRUNK = tl.constexpr(2.0**-40)
"""Times this, float32 adds up 2**31 of its largest numbers; what it loses of others is nothing to those."""


def tiling(vocabulary: int) -> tuple[int, int]:
    """Return how many tiles a row is cut into and how many times ``LANES`` numbers each tile has."""
    blocks = max(1, triton.cdiv(vocabulary, LANES * MAX_TILES))
    return max(1, triton.cdiv(vocabulary, LANES * blocks)), blocks


def tiles_per_program(requests: int, tiles: int, device: torch.device) -> int:
    """Return how many neighbouring tiles a program takes: more once there are programs enough for the chip.

    It changes nothing in a tile's sum, so that answers stay the same in any batch.
    """
    wanted = PROGRAMS_PER_MULTIPROCESSOR * multiprocessors(device)
    return max(1, min(MAX_SHARE, requests * tiles // wanted))


@triton.jit
def finite(x):
    """Whether x is neither NaN nor an infinity."""
    return tl.abs(x) < float("inf")


@triton.jit
def mass(x):
    """x, with NaN, infinities and negative numbers as 0."""
    return tl.where((x > 0) & (x < float("inf")), x, 0.0)


@triton.jit
def lanes_of(row, begin, end, ALIGNED: tl.constexpr, LANES: tl.constexpr):
    """Pointers to row[begin : begin + LANES], and which of them lie before ``end``.

    ALIGNED promises that ``row`` is whole 16-byte words: then they are read and written as such.
    """
    lanes = tl.arange(0, LANES)
    pointers = row + begin + lanes
    inside = lanes < tl.minimum(end - begin, LANES).to(tl.int32)
    if ALIGNED:
        pointers = tl.max_contiguous(tl.multiple_of(pointers, 16), LANES)
        inside = tl.max_constancy(inside, 128 // row.dtype.element_ty.primitive_bitwidth)
    return pointers, inside


@triton.jit
def load_lanes(row, begin, end, other, ALIGNED: tl.constexpr, LANES: tl.constexpr):
    """Load row[begin : begin + LANES], with ``other`` from ``end`` on."""
    pointers, inside = lanes_of(row, begin, end, ALIGNED, LANES)
    return tl.load(pointers, mask=inside, other=other)


@triton.jit
def load_sums(sums, tiles, MAX_TILES: tl.constexpr):
    """The sums of the first ``tiles`` tiles, float64 [MAX_TILES], 0 behind them."""
    t = tl.arange(0, MAX_TILES)
    stored = tl.load(sums + t, mask=t < tiles, other=0.0).to(tl.float64)
    return tl.where(stored < 0, stored / -SHRUNK, stored)


@triton.jit
def search(weights, cdf, target, ids, beyond):
    """A key for each id, such that the least key names the draw; ``found`` reads it.

    The draw is the first id with weight whose cdf is above the target. The target may round up to
    the total itself: then the last id with weight is meant, so without an id above the largest id
    has the least key. One reduction answers both. All ids are below ``beyond``.
    """
    return tl.where(weights > 0, tl.where(cdf > target, ids, 2 * beyond - ids), 3 * beyond)


@triton.jit
def found(key, beyond):
    """The id that the least key of ``search`` names, or -1 if nothing has weight."""
    return tl.where(key < beyond, key, tl.where(key <= 2 * beyond, 2 * beyond - key, -1))


@triton.jit
def find_tile(sums, uniform, MAX_TILES: tl.constexpr):
    """Return the tile in which the draw falls (-1: no mass) and how much of its mass lies below the draw.

    sums float64 [MAX_TILES], 0 behind the last tile; uniform float64.
    """
    tiles = tl.arange(0, MAX_TILES)
    cdf = tl.cumsum(sums, 0)
    target = uniform * tl.max(cdf, 0)
    tile = found(tl.min(search(sums, cdf, target, tiles, MAX_TILES), 0), MAX_TILES)
    return tile, target - tl.sum(tl.where(tiles == tile, cdf - sums, 0.0), 0)
