"""A split makes the unmatched part recent."""

from draftproof.reference import prefix

STORY = "SGLang 24892: after a match inside an edge the part that did not match counts as just used."
KILLED_BY = ("model",)
CONFORMANCE = {"arrays": "numpy"}


class RadixTree(prefix.RadixTree):
    """Uses both halves of a split."""

    def _end_at(self, node: int, length: int) -> int:
        """Split, and use the lower half too."""
        end = super()._end_at(node, length)
        self._nodes[node].last_use = self._clock
        return end
