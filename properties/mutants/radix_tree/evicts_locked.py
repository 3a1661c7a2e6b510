"""A node in use is evicted."""

from draftproof.reference import prefix

STORY = "SGLang 28161, mini-sglang 52: eviction takes leaves that a running request has locked."
KILLED_BY = ("model", "epochs")
CONFORMANCE = {"arrays": "numpy"}


class RadixTree(prefix.RadixTree):
    """Takes any leaf."""

    def _may_go(self, node: int) -> bool:
        """Whether a node is a leaf, whoever uses it."""
        return node in self._nodes and self.is_leaf(node)
