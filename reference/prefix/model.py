"""The model of the prefix cache: a plain dictionary of prefixes, searched by brute force."""

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from draftproof.reference.prefix import checks
from draftproof.reference.prefix.policy import POLICIES

Prefix = tuple[Hashable, tuple[int, ...]]
"""A namespace, and the tokens up to and including some page."""


@dataclass(slots=True)
class Page:
    """The last page of a cached prefix."""

    slots: list[int]
    created: int
    last_use: int = 0
    hits: int = 0
    priority: int = 0
    locks: int = 0
    end: bool = False
    """Whether some call ended here, so that a node of the tree does. Only the order in which ``evict``
    names slots depends on it."""


class PrefixModel:
    """What a ``RadixTree`` must answer, with prefixes in place of nodes.

    A prefix of p pages is p entries of a dictionary, each with its own history: nothing is shared, so
    nothing can be split or kept wrongly. Arguments and errors are those of ``RadixTree``. There is no
    epoch and no ``confirm``, which is a match of the prefix that was seen.

    >>> model = PrefixModel(page_size=2)
    >>> model.insert([1, 2, 3, 4, 5], [10, 11, 6, 7, 0])
    0
    >>> model.match([1, 2, 3, 9])
    array([10, 11], dtype=int32)
    >>> model.evict(1)
    array([6, 7], dtype=int32)
    >>> model.cached
    2
    """

    def __init__(self, page_size: int = 1, policy: str = "lru") -> None:
        self.page_size = checks.at_least("PrefixModel", "page_size", page_size, 1)
        self.policy = checks.known_policy("PrefixModel", policy)
        self.pages: dict[Prefix, Page] = {}
        self._clock = 0
        self._roots: dict[Hashable, int] = {None: 0}
        self.held = Counter[Prefix]()
        """Locks by the prefix that was locked; its pages' own counts include longer ones."""

    def open(self, namespace: Hashable) -> None:
        """Open a namespace if it is not open yet."""
        self._roots.setdefault(checks.hashable("PrefixModel.open", namespace), len(self._roots))

    def match(self, tokens: np.ndarray | Sequence[int], *, namespace: Hashable = None) -> np.ndarray:
        """Return the int32 slots of the longest prefix of ``tokens`` whose every page is cached."""
        checks.known_namespace("PrefixModel.match", namespace, self._roots)
        asked = checks.int32_vector("PrefixModel.match", "tokens", tokens)
        covered = self._covered(namespace, asked)
        self._clock += 1
        self._touch(covered)
        return np.array([slot for key in covered for slot in self.pages[key].slots], dtype=np.int32)

    def insert(
        self,
        tokens: np.ndarray | Sequence[int],
        slots: np.ndarray | Sequence[int],
        *,
        namespace: Hashable = None,
        priority: int = 0,
    ) -> int:
        """Store the whole pages that are missing and return how many tokens were present."""
        where = "PrefixModel.insert"
        checks.known_namespace(where, namespace, self._roots)
        given = checks.int32_vector(where, "tokens", tokens)
        places = checks.int32_vector(where, "slots", slots)
        checks.one_per_token(where, places, given)
        covered = self._covered(namespace, given)
        keys = self._keys(namespace, given)
        present, whole = len(covered) * self.page_size, len(keys) * self.page_size
        cached = {slot for page in self.pages.values() for slot in page.slots}
        checks.storable(where, places[present:whole], cached, self.page_size)
        checks.int32(where, "priority", priority)

        self._clock += 1
        self._touch(covered, priority)
        for key in keys[len(covered) :]:
            at = len(key[1]) - self.page_size
            self.pages[key] = Page(places[at : at + self.page_size], self._clock, priority=int(priority))
        self._touch(keys[len(covered) :])
        return present

    def evict(self, count: int) -> np.ndarray:
        """Free pages that no cached prefix continues, one at a time, the smallest key first.

        The pages of one edge share their history, so the pages that go one after the other up an edge are
        one run of the tree's. The slots of a run are named in the tokens' order.
        """
        wanted = checks.at_least("PrefixModel.evict", "count", count, 0)
        key = POLICIES[self.policy]
        runs: list[list[int]] = []
        freed, above = 0, None
        while freed < wanted:
            continued = {self._parent(prefix) for prefix in self.pages}
            leaves = [p for p, page in self.pages.items() if p not in continued and not page.locks]
            if not leaves:
                break
            leaf = min(leaves, key=lambda prefix: key(self.pages[prefix]))
            page = self.pages.pop(leaf)
            if leaf != above or page.end:
                runs.append([])
            runs[-1] = page.slots + runs[-1]
            freed, above = freed + self.page_size, self._parent(leaf)
        return np.array([slot for run in runs for slot in run], dtype=np.int32)

    def lock(self, prefix: Sequence[int], *, namespace: Hashable = None) -> None:
        """Keep a cached prefix, the empty one included, from being evicted until ``unlock``."""
        self._change_locks("PrefixModel.lock", namespace, prefix, 1)

    def unlock(self, prefix: Sequence[int], *, namespace: Hashable = None) -> None:
        """Take one ``lock`` of this prefix back."""
        self._change_locks("PrefixModel.unlock", namespace, prefix, -1)

    @property
    def cached(self) -> int:
        """Tokens in the cache."""
        return len(self.pages) * self.page_size

    @property
    def locked(self) -> int:
        """Tokens of locked pages."""
        return sum(page.locks > 0 for page in self.pages.values()) * self.page_size

    @property
    def evictable(self) -> int:
        """Tokens that ``evict`` could free."""
        return self.cached - self.locked

    def _keys(self, namespace: Hashable, tokens: list[int]) -> list[Prefix]:
        """Return the prefixes that end with each whole page of some tokens."""
        ends = range(self.page_size, len(tokens) + 1, self.page_size)
        return [(namespace, tuple(tokens[:end])) for end in ends]

    def _covered(self, namespace: Hashable, tokens: list[int]) -> list[Prefix]:
        """Return the cached ones of those prefixes up to the first that is not."""
        keys = self._keys(namespace, tokens)
        missing = [i for i, key in enumerate(keys) if key not in self.pages]
        return keys[: missing[0]] if missing else keys

    def _parent(self, prefix: Prefix) -> Prefix:
        """Return the prefix that is one page shorter."""
        namespace, tokens = prefix
        return namespace, tokens[: -self.page_size]

    def _touch(self, keys: list[Prefix], priority: int | None = None) -> None:
        """Note a use of pages by a call that ends with the last of them."""
        for key in keys:
            page = self.pages[key]
            page.last_use = self._clock
            page.hits += 1
            if priority is not None:
                page.priority = max(page.priority, priority)
        if keys:
            self.pages[keys[-1]].end = True

    def _change_locks(self, where: str, namespace: Hashable, prefix: Sequence[int], change: int) -> None:
        """Add to the locks of a prefix and of its pages."""
        checks.known_namespace(where, namespace, self._roots)
        tokens = checks.int32_vector(where, "prefix", prefix)
        keys = self._covered(namespace, tokens)
        if len(keys) * self.page_size != len(tokens):
            raise ValueError(f"{where}: prefix must be cached in whole pages, got {len(tokens)} tokens")
        locked = namespace, tuple(tokens)
        if change < 0 and not self.held[locked]:
            raise ValueError(f"{where}: prefix must be locked, got {len(tokens)} tokens that are not")
        self.held[locked] += change
        for key in keys:
            self.pages[key].locks += change
