"""Drafts behind a request's own length are compared."""

import numpy as np

from draftproof.properties.mutants.base.greedy import GreedyVerifier
from draftproof.reference import Status

STORY = (
    "A classic slip: stale drafts in the padding agree with the target by accident and are emitted as "
    "accepted."
)
KILLED_BY = ("admissible",)
CONFORMANCE = {"arrays": "numpy"}


class GreedyPaddingVerified(GreedyVerifier):
    """Ignores draft_lengths."""

    def usable(self, drafts: np.ndarray, length: int) -> tuple[np.ndarray, Status]:
        """Take all K."""
        kept, flags = super().usable(drafts, len(drafts))
        return kept, flags | super().usable(drafts, length)[1]


verify_chain_greedy = GreedyPaddingVerified()
