"""A node's id is trusted whatever happened since."""

from draftproof.reference import prefix

STORY = "Own: a device's match is locked or confirmed after its node was evicted and the id given to another."
KILLED_BY = ("epochs", "model")
CONFORMANCE = {"arrays": "numpy"}


class RadixTree(prefix.RadixTree):
    """Looks at no epoch."""

    def _alive(self, where: str, node: int, epoch: int | None = None) -> int:
        """Return the id of any live node."""
        return super()._alive(where, node)
