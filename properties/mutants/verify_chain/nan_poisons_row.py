"""A NaN takes the rest of its row with it."""

import numpy as np

from draftproof.properties.mutants.base.chain import Verifier

STORY = (
    "The family of vLLM 44744: NaN is not filtered before the sum, the total is NaN, no id passes the "
    "test and an arbitrary one is emitted."
)
KILLED_BY = ("admissible",)
CONFORMANCE = {"arrays": "numpy"}


class NanPoisonsRow(Verifier):
    """Sums NaN with the others."""

    def target_rows(self, p: np.ndarray) -> np.ndarray:
        """Take the rows as they are."""
        return p.astype(np.float64)


verify_chain = NanPoisonsRow()
