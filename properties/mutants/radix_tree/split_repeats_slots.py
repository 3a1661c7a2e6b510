"""Both halves of a split begin with the same slots."""

from draftproof.reference import prefix

STORY = "A classic slip: the lower half's tokens are cut at the split, its slots from the front again."
KILLED_BY = ("idempotent match", "model")
CONFORMANCE = {"arrays": "numpy"}


class RadixTree(prefix.RadixTree):
    """Splits the tokens, not the slots."""

    def _end_at(self, node: int, length: int) -> int:
        """Split, and leave the first slots with the lower half."""
        slots = self._nodes[node].slots
        end = super()._end_at(node, length)
        self._nodes[node].slots = slots[: len(self._nodes[node].edge)]
        return end
