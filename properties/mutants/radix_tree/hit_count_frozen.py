"""The least frequently used never counts."""

from draftproof.reference import prefix

STORY = "SGLang 18843: the hit count that the lfu policy sorts by stays what it was at insertion."
KILLED_BY = ("model",)
CONFORMANCE = {"arrays": "numpy"}


class RadixTree(prefix.RadixTree):
    """Notes the time of a use, but not the use."""

    def _touch(self, node: int, priority: int | None = None) -> None:
        """Touch, and take the hits back."""
        super()._touch(node, priority)
        for each in self._path(node):
            self._nodes[each].hits -= 1
