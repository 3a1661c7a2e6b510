"""A lock is taken back that nobody took."""

from draftproof.reference import prefix

STORY = "Own: unlocking is not checked, and the count that falls below 0 swallows the next lock."
KILLED_BY = ("failed call", "model")
CONFORMANCE = {"arrays": "numpy"}


class RadixTree(prefix.RadixTree):
    """Unlocks anything."""

    def unlock(self, node: int) -> None:
        """Take a lock back from a node and its ancestors."""
        for each in self._path(self._alive("RadixTree.unlock", node)):
            self._nodes[each].locks -= 1
