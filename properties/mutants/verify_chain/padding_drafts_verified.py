"""Drafts behind a request's own length are verified."""

import numpy as np

from draftproof.properties.mutants.base.chain import Verifier
from draftproof.reference import Status

STORY = (
    "A classic slip: every request is taken to have K drafts, and the padding of a short one is "
    "accepted as if drafted."
)
KILLED_BY = ("admissible",)
CONFORMANCE = {"arrays": "numpy"}


class PaddingDraftsVerified(Verifier):
    """Ignores draft_lengths."""

    def usable(self, drafts: np.ndarray, length: int, vocabulary: int) -> tuple[np.ndarray, Status]:
        """Take all K."""
        kept, flags = super().usable(drafts, len(drafts), vocabulary)
        return kept, flags | super().usable(drafts, length, vocabulary)[1]


verify_chain = PaddingDraftsVerified()
