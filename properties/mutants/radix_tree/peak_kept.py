"""What a peak needed is never given back, whatever `release` says."""

from draftproof.reference import prefix

STORY = "From outside: columns that only grow; after one long night a quiet server holds the night's memory."
KILLED_BY = ("memory released",)
CONFORMANCE = {"arrays": "numpy"}
PER_TOKEN, PER_NODE = 8, 64


class RadixTree(prefix.RadixTree):
    """Counts what a native tree would have allocated."""

    peak = 0

    @property
    def nbytes(self) -> int:
        """Bytes at the fullest so far."""
        self.peak = max(self.peak, PER_TOKEN * self.cached + PER_NODE * self.nodes)
        return self.peak

    def _grow(self, parent: int, edge: list[int], slots: list[int], priority: int) -> int:
        leaf = super()._grow(parent, edge, slots, priority)
        _ = self.nbytes
        return leaf

    def release(self) -> None:
        """Promise."""
