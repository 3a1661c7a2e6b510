"""How blocks match and fill their requests. The answers do not depend on it, only the time does.

The numbers come from the sweeps in docs/performance/prefix.md. Where there are no more requests than
multiprocessors, each waits for its own chain of reads; where there are many, they wait for memory together.
"""

from functools import lru_cache
from typing import NamedTuple

import torch

WINDOW = 23 << 10  # most tokens of a request in shared memory: 92 KB, which every device since 8.0 has
WARMERS = 8
SMALL_TREE = 4 << 20  # bytes of table and rows that are worth reading ahead for a few requests
WIDE = 1024  # pages in a table from which on filling it takes longer than the climb


class Match(NamedTuple):
    """Launch of ``match_prefixes``."""

    threads: int
    """Of each block: one warp walks, the others compare."""
    batch: int
    """Tokens after which the walk's edges are handed over for comparison."""
    window: int
    """Longest request that is copied to shared memory first."""
    warmers: int
    """Blocks that bring table and rows into L2 while the requests are read."""


class Fill(NamedTuple):
    """Launch of ``fill_block_tables``."""

    threads: int
    """Of each block: one warp climbs, the others fill."""
    batch: int
    """Tokens after which the climb's edges are handed over to be filled."""
    warmers: int
    """Blocks that bring the rows into L2."""


@lru_cache(maxsize=4096)
def match(requests: int, tokens: int, tree_bytes: int, index: int) -> Match:
    """Return the launch for ``requests`` of ``tokens`` in all, with ``tree_bytes`` of table and rows."""
    if requests > _processors(index):
        return Match(160, 2048, 0, 0)
    return Match(512, 4096, min(tokens, WINDOW), WARMERS if tree_bytes <= SMALL_TREE else 0)


@lru_cache(maxsize=4096)
def fill(requests: int, width: int, tree_bytes: int, index: int) -> Fill:
    """Return the launch for ``requests`` tables of ``width`` pages, with ``tree_bytes`` of rows."""
    if requests > _processors(index):
        return Fill(192 if width > WIDE else 96, 1024, 0)
    return Fill(1024 if width > WIDE else 256, 2048, WARMERS if tree_bytes <= SMALL_TREE else 0)


def _processors(index: int) -> int:
    return int(torch.cuda.get_device_properties(index).multi_processor_count)
