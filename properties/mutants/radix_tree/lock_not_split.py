"""A split loses a lock."""

from draftproof.reference import prefix

STORY = "A classic slip: the upper half of a split node starts without the locks of the lower."
KILLED_BY = ("model",)
CONFORMANCE = {"arrays": "numpy"}


class RadixTree(prefix.RadixTree):
    """Splits without the lock count."""

    def _end_at(self, node: int, length: int) -> int:
        """Split, and forget the locks above."""
        end = super()._end_at(node, length)
        if end != node:
            self._nodes[end].locks = 0
        return end
