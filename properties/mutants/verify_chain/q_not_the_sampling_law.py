"""The verifier is given another q than the drafts were drawn from."""

import numpy as np

from draftproof.properties.mutants.base.chain import Verifier

STORY = (
    "transformers 32867 and 47932: drafts are verified with a q that they were not drawn from, such as "
    "greedy ones with a soft q. Here the reverse, which a verifier can do: soft drafts, and q sharpened "
    "to its mode."
)
KILLED_BY = ("exact law",)
CONFORMANCE = {"arrays": "numpy"}


class QNotTheSamplingLaw(Verifier):
    """Reads q as a greedy drafter's."""

    def draft_rows(self, drafts: np.ndarray, q: np.ndarray | None, p: np.ndarray) -> np.ndarray:
        """Return a row of zeros with a 1 at the mode."""
        rows = super().draft_rows(drafts, q, p)
        return np.where(np.arange(p.shape[-1]) == rows.argmax(-1, keepdims=True), 1.0, 0.0)


verify_chain = QNotTheSamplingLaw()
