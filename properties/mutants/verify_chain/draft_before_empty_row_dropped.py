"""The draft that leads to a target's row without mass is dropped."""

import numpy as np

from draftproof.properties.mutants.base.chain import Verifier

STORY = (
    "A classic slip: a chain is cut before an end-of-sequence, so that nothing follows it. Dropping a draft "
    "because of its own value loses the law, by either rule."
)
KILLED_BY = ("exact law", "bounds", "admissible")
CONFORMANCE = {"arrays": "numpy"}


class DraftBeforeEmptyRowDropped(Verifier):
    """Cuts one draft too many."""

    def possible(self, drafts: np.ndarray, p: np.ndarray) -> np.ndarray:
        """Leave the draft away that ends the text."""
        kept = super().possible(drafts, p)
        return kept[:-1] if 0 < len(kept) < len(drafts) else kept


verify_chain = DraftBeforeEmptyRowDropped()
