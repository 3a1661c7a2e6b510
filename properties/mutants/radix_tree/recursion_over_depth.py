"""A walk up the tree takes one frame a node."""

from draftproof.reference import prefix

STORY = "SGLang 154, 1501, 38204: a long conversation is a deep tree, and the interpreter's stack ends first."
KILLED_BY = ("long lives",)
CONFORMANCE = {"arrays": "numpy"}


class RadixTree(prefix.RadixTree):
    """Touches the ancestors recursively."""

    def _touch(self, node: int, priority: int | None = None) -> None:
        """Touch as the rule says, after a climb of the slip's kind."""
        self._climb(node)
        super()._touch(node, priority)

    def _climb(self, node: int) -> int:
        """Count the nodes up to the root."""
        return 0 if node < 0 else 1 + self._climb(self._nodes[node].parent)
