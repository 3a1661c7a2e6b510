"""Hostile lengths are used as they are."""

import numpy as np

from draftproof.properties.mutants.base.chain import Verifier
from draftproof.reference import Status

STORY = "A classic slip: a negative length slices from the end and one above K goes unnoticed."
KILLED_BY = ("admissible",)
CONFORMANCE = {"arrays": "numpy"}


class LengthsNotClamped(Verifier):
    """Trusts draft_lengths."""

    def usable(self, drafts: np.ndarray, length: int, vocabulary: int) -> tuple[np.ndarray, Status]:
        """Slice with the length given."""
        return super().usable(drafts[:length], len(drafts[:length]), vocabulary)


verify_chain = LengthsNotClamped()
