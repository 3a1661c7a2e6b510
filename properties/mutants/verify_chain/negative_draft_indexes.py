"""A negative draft is used as an index."""

import numpy as np

from draftproof.properties.mutants.base.chain import Verifier
from draftproof.reference import Status

STORY = (
    "FlashInfer 879, and vLLM: placeholder drafts of -1 serve as indexes; here they pass a check for "
    "ids that are too large, p is read elsewhere, and -1 may be accepted."
)
KILLED_BY = ("admissible",)
CONFORMANCE = {"arrays": "numpy"}


class NegativeDraftIndexes(Verifier):
    """Checks ids from above only."""

    def usable(self, drafts: np.ndarray, length: int, vocabulary: int) -> tuple[np.ndarray, Status]:
        """Look for ids that are too large, not for negative ones."""
        kept, flags = super().usable(np.maximum(drafts, 0), length, vocabulary)
        return np.maximum(drafts[: len(kept)], -1), flags


verify_chain = NegativeDraftIndexes()
