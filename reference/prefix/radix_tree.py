"""The radix tree that shares the key-value cache of common prefixes, in readable Python."""

import heapq
from collections.abc import Hashable, Sequence

import numpy as np

from draftproof.reference.prefix import checks
from draftproof.reference.prefix.node import Match
from draftproof.reference.prefix.policy import POLICIES
from draftproof.reference.prefix.structure import Structure


class RadixTree(Structure):
    """A cache of token prefixes: which of a request's tokens already have a slot, and which slots go first.

    Requests with a common prefix share the nodes of that prefix (RadixAttention: Zheng et al. 2024,
    arXiv 2312.07104; the compressed trie itself: Morrison 1968, PATRICIA). A page of ``page_size``
    tokens is the unit of everything; a partial page is never stored nor matched. Namespaces share nothing.

    Every match, insert and confirm ticks a clock and is a use of the pages it covers, and of nothing
    else: where a call ends inside an edge, the edge is split first. Calls that raise change nothing.
    A tree belongs to one thread. Copies, shallow ones too, and pickles are trees of their own.

    Parameters
    ----------
    page_size
        Tokens per page, at least 1.
    policy
        What goes first: "lru", "mru", "fifo", "lfu" or "priority" (see ``policy``).

    Attributes
    ----------
    comparisons
        The cost of the last match or insert: one for each look into a node's children and one for each
        token compared with an edge. At most length + depth, where length is the request's and depth the
        number of nodes on the path: no token is compared twice, and a look that finds a child is paid by
        that node, one that finds none by the page's first token, which is then compared with nothing.

    Raises
    ------
    ValueError, TypeError
        For an unknown policy or a page size below 1. Every method names itself and the argument.

    >>> tree = RadixTree()
    >>> tree.insert([1, 2, 3, 4], [10, 11, 12, 13])
    0
    >>> tree.insert([1, 2, 9], [20, 21, 22])  # slots 20 and 21 stay the caller's
    2
    >>> tree.match([1, 2, 3, 7]).slots
    array([10, 11, 12], dtype=int32)
    >>> tree.evict(2)  # the leaf [4] was used first, then [9]
    array([13, 22], dtype=int32)
    >>> tree.cached, tree.nodes
    (3, 3)
    """

    def __init__(self, page_size: int = 1, policy: str = "lru") -> None:
        super().__init__(checks.at_least("RadixTree", "page_size", page_size, 1))
        self.policy = checks.known_policy("RadixTree", policy)
        self.comparisons = 0

    def open(self, namespace: Hashable) -> int:
        """Open a namespace if it is not open, and return its root; None is open from the start, root 0."""
        checks.hashable("RadixTree.open", namespace)
        if namespace not in self._roots:
            self._epoch += 1
            self._roots[namespace] = self._add_root()
        return self._roots[namespace]

    def close(self, namespace: Hashable) -> np.ndarray:
        """Free all slots of a namespace that nobody has locked, and forget its name.

        Parameters
        ----------
        namespace
            One that was opened; not None.

        Returns
        -------
        np.ndarray
            int32: the freed slots, in no order.
        """
        where = "RadixTree.close"
        if namespace is None:
            raise ValueError(f"{where}: namespace must be one that was opened, got None, which stays open")
        root = checks.known_namespace(where, namespace, self._roots)
        if self._nodes[root].locks:
            raise ValueError(f"{where}: namespace must not be locked, got {namespace!r}, which is")
        self._epoch += 1
        under = [(node.end, each) for each, node in self.walk() if each != root and root in self._path(each)]
        freed = [slot for end, each in sorted(under, reverse=True) for slot in self._cut(each, end)]
        self._remove_root(self._roots.pop(namespace))
        return np.array(freed, dtype=np.int32)

    def match(self, tokens: np.ndarray | Sequence[int], *, namespace: Hashable = None) -> Match:
        """Return the longest cached prefix of a request.

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
        root = checks.known_namespace("RadixTree.match", namespace, self._roots)
        asked = checks.int32_vector("RadixTree.match", "tokens", tokens)
        self._clock += 1
        found = self._walk(root, asked)
        self.comparisons = found.comparisons
        if found.inside:
            self._epoch += 1
        node = self._end_at(found.node, found.length)
        self._touch(node)
        return self._matched(node)

    def match_many(
        self, tokens: np.ndarray, offsets: np.ndarray, *, namespace: Hashable = None
    ) -> tuple[np.ndarray, np.ndarray]:
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
        root = checks.known_namespace(where, namespace, self._roots)
        asked = checks.int32_vector(where, "tokens", tokens)
        bounds = checks.int32_vector(where, "offsets", offsets)
        if not bounds or bounds[0] < 0 or bounds != sorted(bounds) or bounds[-1] > len(asked):
            raise ValueError(
                f"{where}: offsets must ascend from 0 or more to at most {len(asked)}, got {bounds}"
            )
        found = [self._walk(root, asked[bounds[r] : bounds[r + 1]]) for r in range(len(bounds) - 1)]
        lengths = np.array([walk.length for walk in found], dtype=np.int32)
        return lengths, np.array([walk.node for walk in found], dtype=np.int32)

    def insert(
        self,
        tokens: np.ndarray | Sequence[int],
        slots: np.ndarray | Sequence[int],
        *,
        namespace: Hashable = None,
        priority: int = 0,
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
        root = checks.known_namespace(where, namespace, self._roots)
        given = checks.int32_vector(where, "tokens", tokens)
        places = checks.int32_vector(where, "slots", slots)
        checks.one_per_token(where, places, given)
        found = self._walk(root, given)
        whole = len(given) // self.page_size * self.page_size
        checks.storable(where, places[found.length : whole], self._slots, self.page_size)
        checks.int32(where, "priority", priority)

        self._clock += 1
        self.comparisons = found.comparisons
        if found.inside or found.length < whole:
            self._epoch += 1
        node = self._end_at(found.node, found.length)
        self._touch(node, priority)
        if found.length < whole:
            self._grow(node, given[found.length : whole], places[found.length : whole], int(priority))
        return found.length

    def evict(self, count: int) -> np.ndarray:
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
        wanted = checks.at_least("RadixTree.evict", "count", count, 0)
        key = POLICIES[self.policy]
        leaves = [(key(leaf), node) for node, leaf in self.walk() if self._may_go(node)]
        heapq.heapify(leaves)
        if wanted and leaves:
            self._epoch += 1
        freed: list[int] = []
        while len(freed) < wanted and leaves:
            _, node = heapq.heappop(leaves)
            parent = self._nodes[node].parent
            freed += self._cut(node, wanted - len(freed))
            if self._may_go(parent):
                heapq.heappush(leaves, (key(self._nodes[parent]), parent))
        return np.array(freed, dtype=np.int32)

    def lock(self, node: int, *, epoch: int | None = None) -> None:
        """Keep a node and its ancestors from being evicted until ``unlock``.

        With ``epoch``, raise StaleMatchError if the node is not the one that had this id at that epoch, or
        was cut since: slots that were read then may have been freed.
        """
        alive = self._alive("RadixTree.lock", node, epoch)
        self._nodes[alive].held += 1
        for each in self._path(alive):
            self._nodes[each].locks += 1

    def unlock(self, node: int) -> None:
        """Take one ``lock`` of this node back; a lock of a descendant is not this node's."""
        alive = self._alive("RadixTree.unlock", node)
        if not self._nodes[alive].held:
            raise ValueError(f"RadixTree.unlock: node must be locked, got {alive}, which is not")
        self._nodes[alive].held -= 1
        for each in self._path(alive):
            self._nodes[each].locks -= 1

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
            If the node is gone or was cut since, or its id was given anew.
        """
        where = "RadixTree.confirm"
        wanted = checks.at_least(where, "length", length, 0)
        if wanted % self.page_size:
            raise ValueError(f"{where}: length must be a multiple of {self.page_size}, got {wanted}")
        alive = self._alive(where, node, checks.whole_number(where, "epoch", epoch))
        if self._nodes[alive].end < wanted:
            raise ValueError(
                f"{where}: length must be at most {self._nodes[alive].end}, the node's end, got {wanted}"
            )
        self._clock += 1
        covering = alive
        while self._nodes[covering].parent >= 0 and wanted <= self._nodes[covering].begin:
            covering = self._nodes[covering].parent
        if wanted < self._nodes[covering].end:
            self._epoch += 1
        ending = self._end_at(covering, wanted)
        self._touch(ending)
        return self._matched(ending)
