"""What a mirror of the tree has to copy."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

ARENA_BLOCK, ROW_BLOCK, TABLE_BLOCK = 1024, 32, 256
"""The blocks that are stamped when they change: tokens, rows, entries of the table."""


class Changes(NamedTuple):
    """What changed in the flat form of the tree since a generation, in blocks, in one array."""

    arena_size: int
    """C: entries of ``edges`` and of ``slots``."""
    row_size: int
    """M: rows of ``nodes``, a multiple of ``ROW_BLOCK``."""
    table_size: int
    """H: entries of ``table``, a power of two."""
    arena_blocks: int
    """How many blocks of ``ARENA_BLOCK`` tokens changed; the last one may reach past C."""
    row_blocks: int
    """How many blocks of ``ROW_BLOCK`` rows."""
    table_blocks: int
    """How many blocks of ``TABLE_BLOCK`` entries."""
    packed: npt.NDArray[np.int32]
    """int32: numbers of the arena's, the rows' and the table's blocks, then edges, slots, rows, table."""
    generation: int
    """What to ask for next time."""
    epoch: int
    """The tree's epoch at the moment of which all this speaks."""
