"""A node of the radix tree, and what the tree answers with."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np


class Match(NamedTuple):
    """The longest cached prefix of a request."""

    slots: np.ndarray
    """int32 [n], n a multiple of the page size: where the prefix is cached."""
    node: int
    """The node that ends exactly there; the namespace's root if n == 0."""


class StaleMatchError(ValueError):
    """What was seen at an earlier epoch is no longer in the tree."""


@dataclass(slots=True)
class Node:
    """One edge of the tree together with the place where it ends."""

    parent: int
    """The parent's id; -1 for a root."""
    edge: list[int]
    """The tokens between the parent's end and this node's, whole pages; none for a root."""
    slots: list[int]
    """One per token of the edge."""
    end: int
    """Tokens from the root to the node's end."""
    born: int
    """The epoch since which the node ends where it does: that which created it, or last cut it."""
    last_use: int = 0
    created: int = 0
    hits: int = 0
    priority: int = 0
    locks: int = 0
    """Locks of this node and of its descendants together."""
    held: int = 0
    """Locks of this node itself: those that ``unlock`` can take back."""
    children: dict[tuple[int, ...], int] = field(default_factory=dict)
    """Ids by the first page of the child's edge. No two children share a first page."""

    @property
    def begin(self) -> int:
        """Tokens from the root to the edge's first token."""
        return self.end - len(self.edge)


class Walk(NamedTuple):
    """How far a request can be followed from a root."""

    node: int
    """The last node whose edge was entered; the root if none was."""
    length: int
    """Tokens matched, whole pages."""
    inside: bool
    """Whether the match stops inside that node's edge, not at its end."""
    comparisons: int
    """What the walk cost."""
