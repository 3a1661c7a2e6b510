"""A block table holds slots where attention expects pages."""

from draftproof.properties.mutants.base.flat_tree import TableFiller

STORY = "A classic slip: right for pages of one token, so tests with page size 1 never see it."
KILLED_BY = ("admissible",)
CONFORMANCE = {"arrays": "numpy"}


class TablesOfSlots(TableFiller):
    """Does not divide."""

    def page(self, slot: int) -> int:
        """Return the slot."""
        return max(slot, -1)


fill_block_tables = TablesOfSlots()
