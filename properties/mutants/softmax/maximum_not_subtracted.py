"""The maximum is not subtracted."""

import numpy as np

from draftproof.properties.mutants.base.sampling import Softmax

STORY = "A classic slip: exp overflows for logits above 88, and the row becomes NaN."
KILLED_BY = ("admissible",)
CONFORMANCE = {"arrays": "numpy"}


class MaximumNotSubtracted(Softmax):
    """Overflows."""

    def weights(self, row: np.ndarray, highest: np.float32) -> np.ndarray:
        """exp(l)."""
        return super().weights(row, np.float32(0.0))

    def total(self, row: np.ndarray, highest: np.float32, rows: int) -> np.float32:
        """Add up exp(l)."""
        return super().total(row, np.float32(0.0), rows)


softmax = MaximumNotSubtracted()
