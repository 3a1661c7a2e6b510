"""The nodes and edges of the radix tree: walking, splitting, growing and cutting them."""

from collections.abc import Hashable, Iterator
from copy import deepcopy
from dataclasses import replace
from typing import Self

import numpy as np

from draftproof.reference.prefix import checks
from draftproof.reference.prefix.node import Match, Node, StaleMatchError, Walk


class Structure:
    """A forest of nodes, one root per namespace, that ``RadixTree`` gives its policy and its arguments.

    Its own methods take what was checked already. Those with an underscore change or find nodes by id;
    a caller that changes the structure counts the epoch up first, once, whatever it changes.
    """

    def __init__(self, page_size: int) -> None:
        self.page_size = page_size
        self._clock = 0
        self._epoch = 0
        self._nodes: dict[int, Node] = {}
        self._free: list[int] = []
        self._slots: set[int] = set()
        self._roots: dict[Hashable, int] = {None: self._add_root()}

    def __copy__(self) -> Self:
        return deepcopy(self)  # a copy that shared nodes, and counted for itself, would be no tree

    @property
    def epoch(self) -> int:
        """How many calls have changed the structure: nodes created, removed, cut or split."""
        return self._epoch

    @property
    def cached(self) -> int:
        """Tokens in the tree."""
        return len(self._slots)

    @property
    def locked(self) -> int:
        """Tokens in locked nodes."""
        return sum(len(node.edge) for node in self._nodes.values() if node.locks > 0)

    @property
    def evictable(self) -> int:
        """Tokens that ``evict`` could free."""
        return self.cached - self.locked

    @property
    def nodes(self) -> int:
        """Live nodes, roots included."""
        return len(self._nodes)

    def walk(self) -> Iterator[tuple[int, Node]]:
        """Yield every live node with its id, roots included, in the order of the ids."""
        yield from sorted(self._nodes.items())

    def prefix(self, node: int) -> list[int]:
        """Return the tokens from the root to a node's end."""
        edges = [self._nodes[each].edge for each in self._path(node)]
        return [token for edge in reversed(edges) for token in edge]

    def tokens(self) -> np.ndarray:
        """Return the tokens of all edges, int32 [cached], in no order."""
        return np.array([token for node in self._nodes.values() for token in node.edge], dtype=np.int32)

    def children(self, node: int) -> list[int]:
        """Return the ids of a node's children, oldest first."""
        return list(self._nodes[node].children.values())

    def is_leaf(self, node: int) -> bool:
        """Whether a node holds tokens and has no children; a root is no leaf."""
        return self._nodes[node].parent >= 0 and not self._nodes[node].children

    def _walk(self, root: int, tokens: list[int]) -> Walk:
        """Follow a request's whole pages from a root as far as they are cached."""
        whole = len(tokens) // self.page_size * self.page_size
        node, length, comparisons = root, 0, 0
        while length < whole:
            comparisons += 1
            child = self._nodes[node].children.get(tuple(tokens[length : length + self.page_size]))
            if child is None:
                break
            node = child
            edge = self._nodes[node].edge
            common = 0
            while common < len(edge) and length + common < whole:
                comparisons += 1
                if edge[common] != tokens[length + common]:
                    break
                common += 1
            length += common // self.page_size * self.page_size
            if common < len(edge):
                break
        return Walk(node, length, length < self._nodes[node].end, comparisons)

    def _path(self, node: int) -> Iterator[int]:
        """Yield a node and its ancestors, the root last."""
        while node >= 0:
            yield node
            node = self._nodes[node].parent

    def _matched(self, node: int) -> Match:
        """Return a node's whole prefix as a match."""
        edges = [self._nodes[each].slots for each in self._path(node)]
        slots = [slot for edge in reversed(edges) for slot in edge]
        return Match(np.array(slots, dtype=np.int32), node)

    def _alive(self, where: str, node: int, epoch: int | None = None) -> int:
        """Return the id of a live node that has, if an epoch is given, ended where it does since then."""
        node = checks.whole_number(where, "node", node)
        if epoch is not None:
            epoch = checks.whole_number(where, "epoch", epoch)
            if node not in self._nodes or self._nodes[node].born > epoch:
                raise StaleMatchError(
                    f"{where}: node must be alive and uncut since epoch {epoch}, got {node}, which is not"
                )
        elif node not in self._nodes:
            raise ValueError(f"{where}: node must be alive, got {node}, which is not")
        return node

    def _touch(self, node: int, priority: int | None = None) -> None:
        """Note a use of a node's whole prefix."""
        for each in map(self._nodes.__getitem__, self._path(node)):
            each.last_use = self._clock
            each.hits += 1
            if priority is not None:
                each.priority = max(each.priority, priority)

    def _add_root(self) -> int:
        """Create a root and return its id."""
        return self._add(Node(parent=-1, edge=[], slots=[], end=0, born=self._epoch))

    def _remove_root(self, root: int) -> None:
        """Take away a root that has no children."""
        del self._nodes[root]
        self._free.append(root)

    def _add(self, node: Node) -> int:
        """Give a node an id, that of a freed node if there is one."""
        free = self._free.pop() if self._free else len(self._nodes)
        self._nodes[free] = node
        return free

    def _page(self, edge: list[int]) -> tuple[int, ...]:
        """Return what a child is found by: the first page of its edge."""
        return tuple(edge[: self.page_size])

    def _end_at(self, node: int, length: int) -> int:
        """Return the node that ends ``length`` tokens from the root: this one, or the upper half of its edge.

        The lower half keeps the id, for whoever holds it means the whole prefix, and the locks that were
        taken on it. Both halves were used, created and locked alike, so the upper one starts as a copy.
        """
        lower = self._nodes[node]
        if length == lower.end:
            return node
        cut = length - lower.begin
        upper = replace(
            lower,
            edge=lower.edge[:cut],
            slots=lower.slots[:cut],
            end=length,
            born=self._epoch,
            held=0,
            children={self._page(lower.edge[cut:]): node},
        )
        new = self._add(upper)
        self._nodes[lower.parent].children[self._page(upper.edge)] = new
        lower.parent, lower.edge, lower.slots = new, lower.edge[cut:], lower.slots[cut:]
        return new

    def _grow(self, parent: int, edge: list[int], slots: list[int], priority: int) -> int:
        """Add a leaf under a node that ends where the leaf begins."""
        leaf = Node(parent, edge, slots, self._nodes[parent].end + len(edge), self._epoch)
        leaf.last_use = leaf.created = self._clock
        leaf.hits, leaf.priority = 1, priority
        new = self._add(leaf)
        self._nodes[parent].children[self._page(edge)] = new
        self._slots.update(slots)
        return new

    def _may_go(self, node: int) -> bool:
        """Whether pages may be cut off a node's end: an unlocked leaf."""
        return node in self._nodes and self.is_leaf(node) and not self._nodes[node].locks

    def _cut(self, node: int, count: int) -> list[int]:
        """Cut ``count`` tokens, rounded up to pages, off a leaf's end, at most all; return their slots."""
        leaf = self._nodes[node]
        count = min(-(-count // self.page_size) * self.page_size, len(leaf.edge))
        kept = len(leaf.edge) - count
        slots = leaf.slots[kept:]
        self._slots.difference_update(slots)
        if not kept:
            del self._nodes[leaf.parent].children[self._page(leaf.edge)]
            del self._nodes[node]
            self._free.append(node)
        leaf.born = self._epoch  # who saw the longer edge must not take this node for it
        leaf.edge, leaf.slots, leaf.end = leaf.edge[:kept], leaf.slots[:kept], leaf.end - count
        return slots
