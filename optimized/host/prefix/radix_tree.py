"""The radix tree that shares the key-value cache of common prefixes, at native speed.

What is done lies in ``tree.h`` and the headers beside it; here arguments become arrays and refusals
become words.
"""

import secrets
import threading
from collections.abc import Hashable, Sequence
from typing import Any, NoReturn, Self

import numpy as np
import numpy.typing as npt

from draftproof.optimized.host import library
from draftproof.optimized.host.prefix import arguments
from draftproof.optimized.host.prefix.answers import (
    CLOSED,
    NO_GENERATION,
    REFUSED_SLOTS,
    STALE,
    TOO_LONG,
    Match,
    StaleMatchError,
    refuse_namespace,
    refuse_node,
)
from draftproof.optimized.host.prefix.changes import Changes
from draftproof.optimized.host.prefix.namespaces import Namespaces

Int32 = npt.NDArray[np.int32]
Integers = npt.NDArray[np.integer[Any]] | Sequence[int]

POLICIES = ("lru", "mru", "fifo", "lfu", "priority")
"""In the order of ``Policy`` in answers.h."""


class RadixTree(Namespaces):
    """A cache of token prefixes: which of a request's tokens already have a slot, and which slots go first.

    Memory: at most 8.5 bytes for each token and 64 for each node of the fullest tree so far, 40 for each lock
    held, 1 KB for each stretch of 8,192 pages of the pool of which one was ever held and 2 KB for each 256 of
    these, and 16 KB. After ``release``: of the tokens cached then, of ids up to the highest node alive, of
    stretches with a page that is held. Arrays of int32 in one piece are used as they are; other integer
    arrays and sequences are converted first.

    Threads: every method may be called from any thread, and from finalisers; under CPython's lock (a build
    without one is not supported) each call happens as a whole before or after any other. What one thread
    knows of the tree another may change meanwhile: ``lock(node, epoch=)`` and ``confirm`` say so.

    Pages are found by a hash under a secret of the tree's own, drawn when it is made: requests made to
    collide do not. ``copy.copy`` and ``copy.deepcopy`` make a tree of its own, locks and secret included;
    a tree cannot be pickled.

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
        *("_changes", "_confirm", "_copy", "_evict", "_figures", "_insert", "_lock", "_match", "_match_many"),
        *("_release", "_tokens", "_unlock", "page_size", "policy"),
    )

    def __init__(self, page_size: int = 1, policy: str = "lru") -> None:
        arguments.at_least("RadixTree", "page_size", page_size, 1)
        arguments.choice("RadixTree", "policy", policy, POLICIES)
        secret = secrets.randbits(64)
        methods = library.make(min(int(page_size), 2**31), POLICIES.index(policy), secret, Match)
        self._adopt(int(page_size), policy, methods, {None: 0})

    def _adopt(
        self, page_size: int, policy: str, methods: library.Methods, roots: dict[Hashable, int]
    ) -> None:
        self.page_size, self.policy = page_size, policy
        self._match, self._insert, self._evict, self._lock, self._unlock = methods[:5]
        self._confirm, self._match_many, self._open, self._close, self._figures = methods[5:10]
        self._changes, self._tokens, self._release, self._copy = methods[10:]
        self._roots = roots
        self._naming = threading.RLock()

    def __copy__(self) -> Self:
        twin = type(self).__new__(type(self))
        with self._naming:
            twin._adopt(self.page_size, self.policy, self._copy(), dict(self._roots))
        return twin

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self.__copy__()

    def __reduce__(self) -> NoReturn:
        raise TypeError("RadixTree: a native tree cannot be pickled; copy.copy makes another in this process")

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
        found: Match | int | None = self._match(root, tokens)
        if found is None:
            found = self._match(root, arguments.vector("RadixTree.match", "tokens", tokens))
        if found == CLOSED:
            refuse_namespace("RadixTree.match", namespace)
        return found  # type: ignore[return-value]  # the refusals are taken care of

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
        done = self._match_many(root, requests, bounds, lengths, nodes) if len(bounds) else None
        if done == CLOSED:
            refuse_namespace(where, namespace)
        if done is None:
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
            if present == CLOSED:
                refuse_namespace(where, namespace)
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
            refuse_node(where, number, refused)

    def unlock(self, node: int) -> None:
        """Take one ``lock`` of this node back; a lock of a descendant is not this node's."""
        where = "RadixTree.unlock"
        number = arguments.whole(where, "node", node)
        refused = self._unlock(number)
        if refused:
            refuse_node(where, number, refused)

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
        """Return what changed in the tree's flat form since ``generation``; 0 asks for all of it.

        All of it, the epoch included, speaks of one moment.
        """
        where = "RadixTree.changes"
        since = arguments.at_least(where, "generation", generation, 0)
        changed = self._changes(since)
        if changed == NO_GENERATION:
            raise ValueError(f"{where}: generation must be one that this tree gave, got {since}")
        return Changes(*changed)

    def tokens(self) -> Int32:
        """Return the tokens of all edges, int32 [cached], in no order: what ``PairKeys.forget`` keeps."""
        stored: Int32 = self._tokens()
        return stored

    def release(self) -> None:
        """Give the memory back that an earlier peak needed; nothing else changes, and ids stay what they are.

        Moves every edge once: for quiet times. A mirror copies what moved.
        """
        self._release()

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
        """Bytes of all memory that the tree has allocated, but for the dictionary of namespaces."""
        return self._figure(4)

    def _figure(self, which: int) -> int:
        value: int = self._figures()[which]
        return value
