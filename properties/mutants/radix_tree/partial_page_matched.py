"""A match ends inside a page."""

from draftproof.reference import prefix
from draftproof.reference.prefix.node import Walk

STORY = "The SGLang family: the length of a match is not a multiple of the page."
KILLED_BY = ("page algebra", "model")
CONFORMANCE = {"arrays": "numpy"}


class RadixTree(prefix.RadixTree):
    """Matches token by token to the end."""

    def _walk(self, root: int, tokens: list[int]) -> Walk:
        """Go on inside the page in which the walk ended."""
        found = super()._walk(root, tokens)
        node = self._nodes[found.node]
        length = found.length
        while length < min(node.end, len(tokens)) and node.edge[length - node.begin] == tokens[length]:
            length += 1
        return found._replace(length=length, inside=length < node.end)
