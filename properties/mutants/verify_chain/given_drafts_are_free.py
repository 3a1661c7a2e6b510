"""Drafts that were not drawn are accepted as if q were 0."""

import numpy as np

from draftproof.properties.mutants.base.chain import Verifier

STORY = (
    "A classic slip of prompt lookup: without draft probabilities q is left at 0 instead of 1 at the "
    "draft, and whatever the target can say is accepted."
)
KILLED_BY = ("admissible", "exact law", "bounds")
CONFORMANCE = {"arrays": "numpy"}


class GivenDraftsAreFree(Verifier):
    """Takes a missing q for zeros."""

    def draft_rows(self, drafts: np.ndarray, q: np.ndarray | None, p: np.ndarray) -> np.ndarray:
        """Return zeros for given drafts."""
        return np.zeros((len(drafts), p.shape[-1])) if q is None else super().draft_rows(drafts, q, p)


verify_chain = GivenDraftsAreFree()
