"""Giving memory back moves the tokens of an edge, and not its slots."""

from draftproof.reference import prefix

STORY = "A classic slip of arrays kept side by side: one of the two is compacted."
KILLED_BY = ("memory released",)
CONFORMANCE = {"arrays": "numpy"}


class RadixTree(prefix.RadixTree):
    """Leaves each edge's slots a place behind."""

    def release(self) -> None:
        """Compact the tokens."""
        for node in self._nodes.values():
            node.slots = node.slots[1:] + node.slots[:1]
