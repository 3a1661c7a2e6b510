"""What rows of choices cover, and what an array lacks: plain counting, whoever made it."""

from collections import Counter
from collections.abc import Iterable
from itertools import combinations

from draftproof.properties.cases.arrays.stored import Array
from draftproof.properties.core.dimensions import Items, Row, Space

STRENGTH = {"small": 1, "standard": 2, "deep": 3}
"""How many choices at once a budget covers, in every way that the contract admits."""


def covered(space: Space, rows: Iterable[Row], strength: int) -> Counter[Items]:
    """Return how often each ``strength`` choices occur at once."""
    found: Counter[Items] = Counter()
    for row in rows:
        found.update(combinations(space.items(row), strength))
    return found


def missing(space: Space, rows: Iterable[Row], strength: int) -> list[Items]:
    """Return the choices that are never made at once though the contract admits them.

    Alone, a value counts as covered when each size of its class has its turn.
    """
    found = covered(space, rows, strength)
    turns = {items: 1 if strength > 1 else members(space, items) for items in space.demands(strength)}
    return [items for items, count in turns.items() if found[items] < count]


def members(space: Space, items: Items) -> int:
    """Return how many sizes stand for each other in one choice; 1 where it is no size."""
    ((d, v),) = items
    return len(space.dimensions[d].values[v])


def faults(space: Space, array: Array) -> list[str]:
    """Return what is wrong with an array, in sentences; none if it covers what it should."""
    found = [f"row {row} is not admitted" for row in array.rows if space.complete(row) is None]
    parts = {"small": array.rows[: array.small], "standard": array.rows[: array.standard], "deep": array.rows}
    for budget, rows in parts.items():
        lacking = missing(space, rows, STRENGTH[budget])
        found += [f"{budget} lacks {spelled(space, items)}" for items in lacking]
    return found


def spelled(space: Space, items: Items) -> str:
    """Return choices in words: ``"B=257, zero_row"``."""
    words = []
    for d, v in items:
        value = ",".join(map(str, space.dimensions[d].values[v]))
        words.append((value or "no flag") if d == space.flags else f"{space.dimensions[d].name}={value}")
    return ", ".join(words)
