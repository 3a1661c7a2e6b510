"""A look-up gives up behind the end of the table instead of going on from its beginning."""

import numpy as np

from draftproof.properties.mutants.base.flat_tree import Matcher
from draftproof.reference import Status
from draftproof.reference.prefix.flat_hash import bucket, fingerprint, signed

STORY = "A classic slip of open addressing: the probe sequence does not wrap around."
KILLED_BY = ("admissible",)
CONFORMANCE = {"arrays": "numpy"}


class ProbesDoNotWrap(Matcher):
    """Probes up to the last entry only."""

    def child(self, node: int, page: np.ndarray) -> tuple[int, Status]:
        """Look the page up in what is left of the table."""
        whole, key = self.table, signed(fingerprint(page.tolist(), self.secret))
        first = bucket(node, key) & (len(whole) - 1)
        self.table = np.concatenate([np.full(first, -1, np.int32), whole[first:]])
        found = super().child(node, page)
        self.table = whole
        return found


match_prefixes = ProbesDoNotWrap()
