"""Which leaf is evicted first: the one whose key is smallest."""

from collections.abc import Callable
from typing import Protocol


class Used(Protocol):
    """What a policy looks at: the history of a node, or of a single page."""

    last_use: int
    """The clock of the last call that covered it."""
    created: int
    """The clock of the insert that stored it."""
    hits: int
    """How many calls covered it, its own insert included."""
    priority: int
    """The highest priority that an insert gave it."""


def lru(leaf: Used) -> tuple[int, ...]:
    """Least recently used first: what was not asked for longest is missed least."""
    return (leaf.last_use,)


def mru(leaf: Used) -> tuple[int, ...]:
    """Most recently used first: right where requests come round in a loop longer than the cache."""
    return (-leaf.last_use,)


def fifo(leaf: Used) -> tuple[int, ...]:
    """First in, first out: use does not count."""
    return (leaf.created,)


def lfu(leaf: Used) -> tuple[int, ...]:
    """Least frequently used first; among equals the one not used longest."""
    return (leaf.hits, leaf.last_use)


def priority(leaf: Used) -> tuple[int, ...]:
    """Lowest priority first; among equals the one not used longest."""
    return (leaf.priority, leaf.last_use)


Key = Callable[[Used], tuple[int, ...]]

POLICIES: dict[str, Key] = {"lru": lru, "mru": mru, "fifo": fifo, "lfu": lfu, "priority": priority}
"""The keys by the policy's name. A call covers one path and a path has one leaf, so no two leaves share
a ``last_use`` or a ``created``: keys never tie."""
