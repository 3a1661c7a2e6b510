"""How a block matches or fills its request. The answers do not depend on it, only the time does.

The numbers come from the sweeps in docs/performance/prefix.md.
"""

from functools import lru_cache
from typing import NamedTuple

import torch

ALL = 2**31 - 1
WINDOW = 32768  # tokens of a request that a block may keep in shared memory
SMALL_TREE = 4 << 20  # bytes of table and rows that are worth reading ahead for a few requests


class Match(NamedTuple):
    """Launch of ``match_prefixes``."""

    threads: int
    """Of each block: one warp walks, the others compare."""
    batch: int
    """Tokens after which the walk's edges are handed over for comparison."""
    window: int
    """Longest request that is copied to shared memory first."""
    ahead: int
    """1 if the walk asks for the edges before they are compared."""
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
    processors = torch.cuda.get_device_properties(index).multi_processor_count
    if requests <= processors:
        warmers = processors if tree_bytes <= SMALL_TREE else 0
        return Match(1024, 2048, min(tokens, WINDOW), 1, warmers)
    return Match(160, 1024, 0, 0, 0)


@lru_cache(maxsize=4096)
def fill(requests: int, tree_bytes: int, index: int) -> Fill:
    """Return the launch for ``requests`` matches in a tree with ``tree_bytes`` of rows."""
    processors = torch.cuda.get_device_properties(index).multi_processor_count
    if requests <= processors:
        return Fill(1024, 1024, processors if tree_bytes <= SMALL_TREE else 0)
    return Fill(192, 1024, 0)
