"""The radix tree that shares the key-value cache of common prefixes, at native speed.

What is done lies in ``tree.h`` and the headers beside it; here arguments become arrays and refusals
become words. Not thread-safe: a tree belongs to one thread, or its owner holds a lock.
"""

from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple, NoReturn

import numpy as np
import numpy.typing as npt

from draftproof.optimized.host import library
from draftproof.optimized.host.prefix import arguments
from draftproof.optimized.host.prefix.changes import Changes

Int32 = npt.NDArray[np.int32]
Integers = npt.NDArray[np.integer[Any]] | Sequence[int]

POLICIES = ("lru", "mru", "fifo", "lfu", "priority")
"""In the order of ``Policy`` in answers.h."""

STALE, NOT_LOCKED, TOO_LONG = -2, -3, -7
REFUSED_SLOTS = {
    -4: "must be new to the tree and differ from each other, got one that is cached or comes twice",
    -5: "must not be negative where they are stored",
    -6: "of a page must be consecutive from a multiple of the page size on",
}
"""``Refusal`` in answers.h."""


class Match(NamedTuple):
    """The longest cached prefix of a request."""

    slots: Int32
    """int32 [n], n a multiple of the page size: where the prefix lies."""
    node: int
    """The node that ends exactly there; the namespace's root if n == 0."""


class StaleMatchError(ValueError):
    """What was matched at an earlier epoch is no longer what the node stands for."""


class RadixTree:
    """A cache of token prefixes: which of a request's tokens already have a slot, and which slots go first.

    At most 8.5 bytes for each cached token and 64 for each node, beyond a fixed few KB. Arrays of int32
    in one piece are used as they are; other integer arrays and sequences are converted first.

    Parameters
    ----------
    page_size
        Tokens per page, at least 1: the unit of everything. A partial page is never stored nor matched.
    policy
        What goes first: "lru", "mru", "fifo", "lfu" or "priority".

    Raises
    ------
    ValueError, TypeError
        For an unknown policy or a page size below 1; every method names itself and the argument.
        A call that raises leaves the tree as it was.
    BuildError
        If the library is not compiled yet and there is no C++ compiler (see ``unavailable``).
    """

    __slots__ = (
        *("_changes", "_confirm", "_evict", "_figures", "_insert", "_lock", "_match", "_match_many", "_open"),
        *("_roots", "_unlock", "page_size", "policy"),
    )

    def __init__(self, page_size: int = 1, policy: str = "lru") -> None:
        arguments.at_least("RadixTree", "page_size", page_size, 1)
        arguments.choice("RadixTree", "policy", policy, POLICIES)
        self.page_size, self.policy = int(page_size), policy
        self._roots: dict[Hashable, int] = {None: 0}
        methods = library.make(min(self.page_size, 2**31), POLICIES.index(policy), Match)
        self._match, self._insert, self._evict, self._lock, self._unlock = methods[:5]
        self._confirm, self._match_many, self._open, self._figures, self._changes = methods[5:]

    def open(self, namespace: Hashable) -> int:
        """Open a namespace if it is not open yet, and return its root. None is open at once, root 0."""
        arguments.hashable("RadixTree.open", namespace)
        if namespace not in self._roots:
            self._roots[namespace] = self._open()
        return self._roots[namespace]

    def match(self, tokens: Integers, *, namespace: Hashable = None) -> Match:
        """Return the longest cached prefix of a request, which is thereby used.

        Parameters
        ----------
        tokens
            int32 [N], or a sequence of ints.
        namespace
            One that was opened.

        Returns
        -------
        Match
            slots int32 [n], n <= N whole pages, and the node that ends there.
        """
        root = 0 if namespace is None else self._root("RadixTree.match", namespace)
        found: Match | None = self._match(root, tokens)
        if found is None:
            found = self._match(root, arguments.vector("RadixTree.match", "tokens", tokens))
        return found

    def match_many(
        self, tokens: Integers, offsets: Integers, *, namespace: Hashable = None
    ) -> tuple[Int32, Int32]:
        """Look many requests up without using what is found: nothing is split, no clock ticks.

        Parameters
        ----------
        tokens
            int32 [N], the requests one after the other.
        offsets
            int64 [R+1]: request r is tokens[offsets[r]:offsets[r+1]].
        namespace
            One that was opened, the same for all.

        Returns
        -------
        lengths, nodes
            int32 [R] each: tokens matched, and the last node entered, which may end further down.
            With the epoch of the call they are what ``confirm`` takes.
        """
        where = "RadixTree.match_many"
        root = self._root(where, namespace)
        requests = arguments.vector(where, "tokens", tokens)
        bounds = arguments.vector(where, "offsets", offsets, np.int64)
        lengths, nodes = np.empty((2, max(len(bounds) - 1, 0)), np.int32)
        if len(bounds) == 0 or self._match_many(root, requests, bounds, lengths, nodes) is None:
            raise ValueError(
                f"{where}: offsets must ascend from 0 or more to at most {len(requests)}, got {bounds}"
            )
        return lengths, nodes

    def insert(
        self, tokens: Integers, slots: Integers, *, namespace: Hashable = None, priority: int = 0
    ) -> int:
        """Store the whole pages of a request that are not cached yet, as one new leaf.

        Parameters
        ----------
        tokens
            int32 [N], or a sequence of ints.
        slots
            int32 [N]. Those to be stored must be new to the tree, and page by page consecutive from a
            multiple of the page size on.
        namespace
            One that was opened.
        priority
            int32; pages that were present keep the higher of the old and the new one.

        Returns
        -------
        int
            How many tokens were already present, whole pages. Their slots, and those past the last whole
            page, were not taken: slots[:present] are the tree's own or duplicates for the caller to free.
        """
        where = "RadixTree.insert"
        root = 0 if namespace is None else self._root(where, namespace)
        present: int | None = None
        if priority == 0 and type(priority) is int:
            present = self._insert(root, tokens, slots, 0)
        if present is None:
            given = arguments.vector(where, "tokens", tokens)
            places = arguments.vector(where, "slots", slots)
            if len(places) != len(given):
                raise ValueError(
                    f"{where}: slots must have {len(given)} entries, one per token, got {len(places)}"
                )
            arguments.int32(where, "priority", priority)
            present = int(self._insert(root, given, places, int(priority)))
        if present < 0:
            raise ValueError(f"{where}: slots {REFUSED_SLOTS[present]}")
        return present

    def evict(self, count: int) -> Int32:
        """Free at least ``count`` tokens, or all that are not locked, by cutting pages off the leaves' ends.

        Parameters
        ----------
        count
            Tokens wanted; rounded up to whole pages.

        Returns
        -------
        np.ndarray
            int32: the freed slots, leaf by leaf in the policy's order, in each leaf in the tokens' order.
        """
        arguments.at_least("RadixTree.evict", "count", count, 0)
        freed: Int32 = self._evict(min(int(count), 2**62))
        return freed

    def lock(self, node: int, *, epoch: int | None = None) -> None:
        """Keep a node and its ancestors from being evicted until ``unlock``.

        With ``epoch``, raise StaleMatchError if the node is not the one that had this id at that epoch.
        """
        where = "RadixTree.lock"
        number = arguments.whole(where, "node", node)
        refused = self._lock(number, -1 if epoch is None else arguments.at_least(where, "epoch", epoch, 0))
        if refused:
            _refuse_node(where, number, refused)

    def unlock(self, node: int) -> None:
        """Take one ``lock`` of this node back; a lock of a descendant is not this node's."""
        where = "RadixTree.unlock"
        number = arguments.whole(where, "node", node)
        refused = self._unlock(number)
        if refused:
            _refuse_node(where, number, refused)

    def confirm(self, node: int, length: int, epoch: int) -> Match:
        """Turn a (node, length) that was read at an earlier epoch into a match of now.

        Parameters
        ----------
        node, length
            As ``match_many`` or ``match_prefixes`` gave them.
        epoch
            The tree's epoch when they were read.

        Returns
        -------
        Match
            What ``match`` would return for the first ``length`` tokens of that node's prefix.

        Raises
        ------
        StaleMatchError
            If the node is gone, or its id was given anew, or it was cut since.
        ValueError
            If ``length`` is no multiple of the page size or beyond the node's end.
        """
        where = "RadixTree.confirm"
        wanted = arguments.at_least(where, "length", length, 0)
        if wanted % self.page_size:
            raise ValueError(f"{where}: length must be a multiple of {self.page_size}, got {wanted}")
        number = arguments.whole(where, "node", node)
        found: Match | int = self._confirm(
            number, min(wanted, 2**62), arguments.at_least(where, "epoch", epoch, 0)
        )
        if found == TOO_LONG:
            raise ValueError(f"{where}: length must be at most the end of node {number}, got {wanted}")
        if found == STALE:
            raise StaleMatchError(
                f"{where}: node must be the one it was at epoch {epoch}, got {number}, which is not"
            )
        return found  # type: ignore[return-value]  # the refusals are taken care of

    def changes(self, generation: int) -> Changes:
        """Return what changed in the tree's flat form since ``generation``; 0 asks for all of it."""
        return Changes(*self._changes(generation))

    @property
    def epoch(self) -> int:
        """How many calls have changed the structure so far."""
        return self._figure(0)

    @property
    def cached(self) -> int:
        """Tokens in the tree."""
        return self._figure(1)

    @property
    def locked(self) -> int:
        """Tokens in locked nodes."""
        return self._figure(2)

    @property
    def evictable(self) -> int:
        """Tokens that ``evict`` could free."""
        return self.cached - self.locked

    @property
    def nodes(self) -> int:
        """Live nodes, roots included."""
        return self._figure(3)

    @property
    def nbytes(self) -> int:
        """All memory that the tree has allocated, but for the dictionary of namespaces."""
        return self._figure(4)

    def _figure(self, which: int) -> int:
        value: int = self._figures()[which]
        return value

    def _root(self, where: str, namespace: Hashable) -> int:
        arguments.hashable(where, namespace)
        if namespace not in self._roots:
            raise ValueError(f"{where}: namespace must have been opened, got {namespace!r}")
        return self._roots[namespace]


def _refuse_node(where: str, node: int, refusal: int) -> NoReturn:
    if refusal == STALE:
        raise StaleMatchError(f"{where}: node must be the one it was at that epoch, got {node}, which is not")
    if refusal == NOT_LOCKED:
        raise ValueError(f"{where}: node must be locked, got {node}, which is not")
    raise ValueError(f"{where}: node must be one of the tree, got {node}")
