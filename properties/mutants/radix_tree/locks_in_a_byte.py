"""Locks are counted in one byte."""

from draftproof.reference import prefix

STORY = "From outside: with 256 requests on a shared prompt it is evictable; short scripts never see it."
KILLED_BY = ("long lives",)
CONFORMANCE = {"arrays": "numpy"}


class RadixTree(prefix.RadixTree):
    """Counts a node's locks, its descendants' included, modulo 256."""

    def lock(self, node: int, *, epoch: int | None = None) -> None:
        """Lock, and forget 256 locks."""
        super().lock(node, epoch=epoch)
        for each in self._path(node):
            self._nodes[each].locks %= 256

    def unlock(self, node: int) -> None:
        """Unlock, in the same ring."""
        super().unlock(node)
        for each in self._path(node):
            self._nodes[each].locks %= 256
