"""A lock is taken back from a node that only a descendant's lock keeps."""

from draftproof.reference import prefix

STORY = "Own: locks are one count per node, so unlocking an ancestor takes what keeps its descendants."
KILLED_BY = ("failed call", "model")
CONFORMANCE = {"arrays": "numpy"}


class RadixTree(prefix.RadixTree):
    """Unlocks what is locked, whoever locked it."""

    def unlock(self, node: int) -> None:
        """Take a lock back from a node and its ancestors."""
        alive = self._nodes[self._alive("RadixTree.unlock", node)]
        if alive.locks <= 0:
            raise ValueError(f"RadixTree.unlock: node must be locked, got {node}, which is not")
        alive.held = max(alive.held, 1)
        super().unlock(node)
