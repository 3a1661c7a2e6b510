"""A prefix cache simulated page by page, without a tree: what a replay through any tree must equal."""

import heapq
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from draftproof.conformance.studies.prefix.prefixes import Pages


class Simulated(NamedTuple):
    """What a cache did with a trace."""

    hits: np.ndarray
    """int64 [R]: leading pages of each request that were cached when it came."""
    evicted: int
    """Pages that had to go."""


class History:
    """What each page has been through, as arrays over all pages of the trace."""

    def __init__(self, pages: int) -> None:
        self.last_use, self.created, self.hits, self.priority = np.zeros((4, pages), dtype=np.int64)

    def use(self, pages: np.ndarray, clock: int, priority: int = 0) -> None:
        """Note that a call covered cached pages."""
        self.last_use[pages] = clock
        self.hits[pages] += 1
        self.priority[pages] = np.maximum(self.priority[pages], priority)

    def store(self, pages: np.ndarray, clock: int, priority: int) -> None:
        """Note that a call stored pages."""
        self.last_use[pages] = self.created[pages] = clock
        self.hits[pages] = 1
        self.priority[pages] = priority


Order = Callable[[History, int], tuple[int, ...]]

ORDERS: dict[str, Order] = {
    "lru": lambda history, page: (int(history.last_use[page]),),
    "mru": lambda history, page: (-int(history.last_use[page]),),
    "fifo": lambda history, page: (int(history.created[page]),),
    "lfu": lambda history, page: (int(history.hits[page]), int(history.last_use[page])),
    "priority": lambda history, page: (int(history.priority[page]), int(history.last_use[page])),
}
"""Among the cached pages that no cached page follows, the one with the smallest key goes first."""


def simulate(
    pages: Pages, capacity: int, policy: str, advance: Callable[[int], None] = lambda _: None
) -> Simulated:
    """Replay a trace with room for ``capacity`` pages; ``advance`` gets how many requests more are done.

    Each request is looked up and then stored, both are uses; its priority is the number of pages that
    were found. In between, pages go until it fits or nothing is left but what was found. Where not all
    fits, its leading pages do.

    The heap keeps outdated entries; one counts only while its page is cached, nothing follows the page,
    and the key is still the page's own.
    """
    order = ORDERS[policy]
    total = len(pages.parents)
    history, cached, following = History(total), np.zeros(total, dtype=bool), np.zeros(total, dtype=np.int64)
    leaves: list[tuple[tuple[int, ...], int]] = []
    hits, free, evicted, clock = [], capacity, 0, 0

    def offer(page: int) -> None:
        if page >= 0 and cached[page] and not following[page]:
            heapq.heappush(leaves, (order(history, page), page))

    for request in pages.requests:
        missing = ~cached[request]
        found = int(missing.argmax()) if missing.any() else len(request)
        hits.append(found)
        clock += 1
        history.use(request[:found], clock)
        held = int(request[found - 1]) if found else -1
        while free < len(request) - found and leaves:
            key, page = heapq.heappop(leaves)
            if page == held or not cached[page] or following[page] or key != order(history, page):
                continue
            cached[page] = False
            free, evicted = free + 1, evicted + 1
            parent = int(pages.parents[page])
            if parent >= 0:
                following[parent] -= 1
                offer(parent)
        clock += 1
        stored = request[found : found + free]
        free -= len(stored)
        history.use(request[:found], clock, found)
        history.store(stored, clock, found)
        cached[stored] = True
        if len(stored):
            following[stored[:-1]] += 1
            if held >= 0:
                following[held] += 1
        offer(int(request[found + len(stored) - 1]) if found + len(stored) else -1)
        advance(1)
    return Simulated(np.array(hits, dtype=np.int64), evicted)
