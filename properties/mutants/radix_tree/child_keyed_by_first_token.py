"""Two pages that begin alike are one child."""

from draftproof.reference import prefix

STORY = (
    "A classic slip: children are found by the first token of a page, and the later one replaces the earlier."
)
KILLED_BY = ("insertion order", "model")
CONFORMANCE = {"arrays": "numpy"}


class RadixTree(prefix.RadixTree):
    """Loses a sibling whose first page begins with the same token."""

    def _grow(self, parent: int, edge: list[int], slots: list[int], priority: int) -> int:
        """Grow a leaf in the place of its namesake."""
        children = self._nodes[parent].children
        for page in [page for page in children if page[0] == edge[0]]:
            del children[page]
        return super()._grow(parent, edge, slots, priority)
