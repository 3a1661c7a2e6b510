"""How many blocks and threads share a row. The answers do not depend on it, only the time does.

The numbers come from the sweeps in docs/performance/cuda.md: a block on every multiprocessor,
and at least two per row, hide the latency of a single pass with about eight warps each; eight times as
many, smaller ones even out requests that read several rows.
"""

from functools import lru_cache

import torch

from draftproof.optimized.cuda import library

WARP = 32
QUAD = 4
TILES = 320  # most tiles of a row, and
BATCH = 512  # what a tile's width is a multiple of, as in include/row.cuh
SMALL = 4  # rows up to which a softmax waits for latency rather than for memory, and
MEDIUM = 8  # up to which a multiprocessor has no more than one block of it


@lru_cache(maxsize=4096)
def draw(
    kernel: str, rows: int, vocabulary: int, index: int, *, several_passes: bool = False
) -> tuple[int, int]:
    """Return (blocks per row, threads per block) for a draw from each of ``rows`` rows."""
    width = -(-vocabulary // (TILES * BATCH)) * BATCH or BATCH
    tiles = -(-vocabulary // width) or 1
    processors = torch.cuda.get_device_properties(index).multi_processor_count
    wanted, fewest_warps = (processors * 8, 4) if several_passes else (processors, 8)
    most = min(tiles, library.largest_cluster(kernel, index))
    blocks = min(2, most)
    while blocks * 2 <= most and rows * blocks < wanted:
        blocks *= 2
    warps = min(-(-tiles // blocks), 20)
    while warps > fewest_warps and rows * blocks * warps > wanted * 8:
        warps = max(fewest_warps, -(-warps // 2))
    return blocks, warps * WARP


@lru_cache(maxsize=4096)
def softmax(rows: int, vocabulary: int, kind: int, index: int) -> tuple[int, int, int, int]:
    """Return (quads held per thread, blocks per row, threads per block, clusters) for a softmax.

    ``kind`` is the dtype's place in ``FLOATS``. Clusters are 0 where each row gets its own, else as
    many as run at once: they stay, where more rows would come in waves.
    """
    quads = -(-vocabulary // QUAD)
    held, threads = (4, 256) if rows <= SMALL else (4, 1024) if rows <= MEDIUM else (8, 512)
    most = library.largest_cluster("sampling/softmax", index)
    blocks = 1
    while blocks * 2 <= most and quads > blocks * held * threads:
        blocks *= 2
    warps = -(-quads // (blocks * held * WARP))
    threads = min(warps, 32) * WARP
    clusters = 0
    if rows > MEDIUM and blocks > 1:
        clusters = library.softmax_clusters(kind, vocabulary, blocks, threads, index)
    return held, blocks, threads, clusters if rows > clusters else 0
