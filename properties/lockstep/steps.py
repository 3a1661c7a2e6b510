"""What a script is made of."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Any


class Step(ABC):
    """One small value that says what is done next.

    Any part of a script must be a script: a step refers to others by a name of its own choice, never by
    what an object answered, and one whose name is not there is passed over. So leaving steps out is all
    that it takes to make a script shorter. Of a single step, what is simpler is the step's own affair.
    """

    __slots__ = ()

    @abstractmethod
    def __str__(self) -> str:
        """Return the step in one line."""

    @property
    def size(self) -> int:
        """How much the step carries: of two steps that fail alike, the one of smaller size is kept."""
        return 0

    def simplify(self) -> "Iterator[Step]":
        """Yield steps that might fail alike and are simpler, those first that gain most."""
        yield from ()


Script = list[Step]
SimplifyScript = Callable[[Script], Iterator[Script]]
"""Yields simpler scripts of as many steps: what must be changed in several steps at once."""


def shorten(values: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """Yield a sequence without a run at either end, long runs first."""
    part = len(values)
    while part > 1:
        part //= 2
        yield values[:-part]
        yield values[part:]
    if len(values) == 1:
        yield ()


def lower(count: int) -> Iterator[int]:
    """Yield positive numbers below a count, small ones first."""
    yield from (fewer for fewer in sorted({1, count // 2}) if fewer < count)
