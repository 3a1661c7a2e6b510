"""Which nodes a tree must have, and since when: predicted from the rule, page by page.

A node is known by the prefix at which it ends. A match or an insertion that ends inside an edge makes a
new node end there; the node whose edge it was keeps its own, lower end. Cutting a page off a node moves
its end up to where the page began, unless another node ends there: then nothing of it is left.
"""

from draftproof.properties.lockstep.prefix.steps import Namespace, Tokens

Prefix = tuple[Namespace, Tokens]


class Nodes:
    """The ends of a tree's live nodes.

    ``number`` of a node is this class's own and is never used again; what id a tree gives it is the
    tree's affair. ``epoch`` counts the calls that changed the structure.
    """

    def __init__(self, page_size: int) -> None:
        self.page_size = page_size
        self.epoch = 0
        self.born: dict[int, int] = {0: 0}
        """Epoch since which each node, live or dead, has ended where it does: made or last cut then."""
        self.ends: dict[Prefix, int] = {(None, ()): 0}
        self.prefixes: dict[int, Prefix] = {0: (None, ())}

    def __len__(self) -> int:
        return len(self.ends)

    def alive(self, node: int) -> bool:
        """Whether anything of the node is left."""
        return node in self.prefixes

    def stale(self, node: int, epoch: int) -> bool:
        """Whether what was seen of the node at that epoch no longer holds."""
        return not self.alive(node) or self.born[node] > epoch

    def open(self, namespace: Namespace) -> int:
        """Return the root of a namespace, made now if it is new."""
        return self.end_at((namespace, ()))

    def end_at(self, *prefixes: Prefix) -> int:
        """Let nodes end at the prefixes, in one call to the tree; return the node of the last one."""
        missing = [prefix for prefix in dict.fromkeys(prefixes) if prefix not in self.ends]
        self.epoch += bool(missing)
        for prefix in missing:
            node = len(self.born)
            self.born[node], self.ends[prefix], self.prefixes[node] = self.epoch, node, prefix
        return self.ends[prefixes[-1]]

    def covering(self, prefix: Prefix) -> int:
        """Return the node on whose edge the cached prefix ends, at its end or inside."""
        namespace, tokens = prefix
        if prefix in self.ends:
            return self.ends[prefix]
        below = (end for end in self.ends if end[0] == namespace and end[1][: len(tokens)] == tokens)
        # The edge has no branch before its end: of the ends below, its own comes first.
        return self.ends[min(below, key=lambda end: len(end[1]))]

    def cut(self, pages: list[Prefix]) -> None:
        """Remove the last page of each of these prefixes, in one call to the tree."""
        self.epoch += bool(pages)
        for namespace, tokens in sorted(pages, key=lambda page: -len(page[1])):
            node = self.ends.pop((namespace, tokens))
            above = (namespace, tokens[: -self.page_size])
            if above in self.ends:
                del self.prefixes[node]
            else:
                self.ends[above], self.prefixes[node], self.born[node] = node, above, self.epoch
