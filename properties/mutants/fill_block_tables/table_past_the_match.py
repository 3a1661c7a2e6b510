"""A block table goes on to the end of the matched node's edge."""

import numpy as np

from draftproof.properties.mutants.base.flat_tree import TableFiller
from draftproof.reference.prefix.flat import Column

STORY = (
    "vLLM's rejected drafts stayed visible (55055); here pages behind the match do: a request reads "
    "another's keys and values."
)
KILLED_BY = ("admissible",)
CONFORMANCE = {"arrays": "numpy"}


class TablePastTheMatch(TableFiller):
    """Takes the whole edge."""

    def fill(self, table: np.ndarray, node: int, length: int) -> int:
        """Fill up to the node's end."""
        inside = 0 <= node < len(self.nodes) and length > 0
        return super().fill(table, node, max(length, int(self.nodes[node, Column.END])) if inside else length)


fill_block_tables = TablePastTheMatch()
