"""A trace replayed through a radix tree with a limited number of slots, as a serving engine would use it."""

import time
from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from draftproof import reference
from draftproof.conformance.diagnostic import DiagnosticError
from draftproof.conformance.studies.prefix.formats import Request
from draftproof.optimized import host
from draftproof.optimized.compiled import BuildError


class Match(Protocol):
    """The part of a match that a replay reads."""

    @property
    def slots(self) -> np.ndarray:
        """int32 [n]: where the found prefix is cached."""

    @property
    def node(self) -> int:
        """The node that ends there."""


class Tree(Protocol):
    """The part of the tree's interface that a replay uses."""

    @property
    def nodes(self) -> int:
        """Live nodes."""

    @property
    def cached(self) -> int:
        """Tokens in the tree."""

    def open(self, namespace: Hashable) -> int:
        """Open a namespace."""

    def match(self, tokens: np.ndarray, *, namespace: Hashable = None) -> Match:
        """Return the longest cached prefix."""

    def insert(
        self, tokens: np.ndarray, slots: np.ndarray, *, namespace: Hashable = None, priority: int = 0
    ) -> int:
        """Store what is not cached yet."""

    def evict(self, count: int) -> np.ndarray:
        """Free slots."""

    def lock(self, node: int) -> None:
        """Keep a node."""

    def unlock(self, node: int) -> None:
        """Let it go."""


MakeTree = Callable[[int, str], Tree]
"""Makes a tree of a page size and a policy."""


class Replayed(NamedTuple):
    """What a tree did with a trace."""

    hits: np.ndarray
    """int64 [R]: leading pages of each request that were cached when it came."""
    evicted: int
    """Pages that had to go."""
    seconds: float
    """Time in the tree's calls."""
    peak: int
    """The most nodes that the tree had after a request."""
    bytes_per_block: float | None
    """The tree's own memory for each cached block at the end, if it counts its memory."""


def find_fastest_tree() -> tuple[str, MakeTree]:
    """Return the tree of ``optimized.host`` if it can run here, else the oracle; and which it is.

    Raises DiagnosticError if it could run, and cannot be built.
    """
    if host.unavailable() is not None:
        return "reference", reference.RadixTree
    try:
        host.RadixTree()
    except BuildError as error:
        raise DiagnosticError("host-build", f"the native tree cannot be built: {error}") from error
    return "host", host.RadixTree


def replay(
    tree: Tree,
    requests: Sequence[Request],
    page_size: int,
    capacity: int,
    advance: Callable[[int], None] = lambda _: None,
) -> Replayed:
    """Serve every request with ``capacity`` pages of slots; ``advance`` gets how many requests more are done.

    Match the whole request, lock what was found, evict what is missing for the rest (never more than can
    go), insert as many of its leading pages as fit, unlock. An insert's priority is the number of pages
    that were found: a conversation that came back is worth more than one that has not.
    """
    for session in dict.fromkeys(request.session for request in requests):
        tree.open(session)
    # Pages that nobody holds; the last is taken first.
    free = np.arange(capacity, dtype=np.int32)[::-1]
    within = np.arange(page_size, dtype=np.int32)
    hits = np.zeros(len(requests), dtype=np.int64)
    seconds, evicted, peak = 0.0, 0, 0
    for number, request in enumerate(requests):
        began = time.perf_counter()
        match = tree.match(request.blocks, namespace=request.session)
        seconds += time.perf_counter() - began
        found = len(match.slots) // page_size
        missing = len(request.blocks) // page_size - found
        began = time.perf_counter()
        tree.lock(match.node)
        freed = tree.evict(max(0, missing - len(free)) * page_size)
        seconds += time.perf_counter() - began
        pages = freed[::page_size] // page_size
        evicted += len(pages)
        free = np.concatenate([free, pages])
        taken = min(missing, len(free))
        free, new = free[: len(free) - taken], free[len(free) - taken :]
        held = np.concatenate([match.slots, (new[:, None] * page_size + within).reshape(-1)])
        began = time.perf_counter()
        tree.insert(request.blocks[: len(held)], held, namespace=request.session, priority=found)
        tree.unlock(match.node)
        seconds += time.perf_counter() - began
        hits[number] = found
        peak = max(peak, tree.nodes)
        advance(1)
    size = getattr(tree, "nbytes", None)
    per_block = size / tree.cached if size is not None and tree.cached else None
    return Replayed(hits, evicted, seconds, peak, per_block)
