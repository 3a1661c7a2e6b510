"""Numbers for the blocks of a trace: recorders call them by 64 bits, a tree takes int32.

Two blocks are one if they have the same id and the same length. An id that comes with two lengths stands
for different tokens, and whoever counted the longer for the shorter would find what nobody stored.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from draftproof.conformance.diagnostic import DiagnosticError

MOST_REQUESTS = 2**20
MOST_BLOCKS = 2**26
MOST_DISTINCT = 2**22
LONGEST = 2**20
"""Requests of a trace, their blocks, how many different ones they begin with, blocks of one request.

They bound the memory that a trace takes by about 2 GB: 8 bytes for each block, 250 for each different one.
"""

LARGE = "trace-large"

Run = tuple[int, int]
"""Ids that follow one another: the first of them, and how many."""


class Numbering:
    """Numbers from 0 on, for the blocks of a whole trace."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[int, int], int] = {}

    def number(self, ids: Sequence[int], lengths: Sequence[int]) -> np.ndarray:
        """Return int32 [n]: the numbers of blocks, of which ids and lengths (tokens) are given."""
        numbers = self._numbers
        found = [numbers.setdefault(block, len(numbers)) for block in zip(ids, lengths, strict=True)]
        limit(len(numbers), MOST_DISTINCT, "different blocks")
        return np.array(found, dtype=np.int32)


class RunNumbering:
    """Numbers for the blocks of one session, known by its runs: nothing grows with their lengths."""

    def __init__(self, runs: Sequence[Run]) -> None:
        """Give the runs that overlap or touch one range of numbers, in ascending order of their ids."""
        self._starts: list[int] = []
        self._bases: list[int] = []
        self._partial: dict[tuple[int, int], int] = {}
        self._next, end = 0, -(2**63) - 1  # below all ids
        for start, length in sorted(runs):
            if start > end:
                self._starts.append(start)
                self._bases.append(self._next)
                end = start
            more = max(0, start + length - end)
            self._next, end = self._next + more, end + more
        limit(self._next, MOST_DISTINCT, "different blocks")

    def number(self, runs: Sequence[Run], partial: int = 0) -> np.ndarray:
        """Return int32 [n]: the numbers of blocks; the last has ``partial`` tokens only, if that is not 0."""
        firsts = [(self._place(start), length) for start, length in runs]
        arrays = [np.arange(first, first + length, dtype=np.int32) for first, length in firsts]
        numbers = np.concatenate([*arrays, np.zeros(0, dtype=np.int32)])
        if partial and len(numbers):
            last = int(numbers[-1]), partial
            numbers[-1] = self._partial.setdefault(last, self._next + len(self._partial))
        return numbers

    def _place(self, start: int) -> int:
        place = bisect_right(self._starts, start) - 1
        return self._bases[place] + start - self._starts[place]


def limit(count: int, most: int, what: str) -> None:
    """Raise DiagnosticError if a trace has more of something than its memory is meant for."""
    if count > most:
        raise DiagnosticError(LARGE, f"expected a trace of at most {most:,} {what}, got {count:,}")


@contextmanager
def naming(trace: str) -> Iterator[None]:
    """Put the name of a trace before the complaint that it is too large."""
    try:
        yield
    except DiagnosticError as error:
        if error.code != LARGE:
            raise
        raise DiagnosticError(LARGE, f"{trace}: {error.message}") from error
