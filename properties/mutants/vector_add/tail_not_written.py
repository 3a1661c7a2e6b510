"""The elements behind the last whole block are never written."""

from draftproof.properties.mutants.base.addition import BLOCK, Adder

STORY = "A classic slip: the grid has N // BLOCK blocks."
KILLED_BY = ("fully written",)
CONFORMANCE = {"arrays": "numpy"}


class TailNotWritten(Adder):
    """Launches too few blocks."""

    def starts(self, length: int) -> range:
        """Whole blocks only."""
        return super().starts(length - BLOCK + 1)


vector_add = TailNotWritten()
