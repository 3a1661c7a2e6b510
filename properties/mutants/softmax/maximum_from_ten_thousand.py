"""The running maximum starts at -10,000."""

import numpy as np

from draftproof.properties.mutants.base.sampling import Softmax

STORY = "A classic slip: a row of lower logits, as masks of -1e9 or finfo.min leave it, becomes zeros."
KILLED_BY = ("values",)
CONFORMANCE = {"arrays": "numpy"}


class MaximumFromTenThousand(Softmax):
    """Underflows."""

    def weights(self, row: np.ndarray, highest: np.float32) -> np.ndarray:
        """exp(l - max(-10000, max l))."""
        return super().weights(row, max(highest, np.float32(-1e4)))

    def total(self, row: np.ndarray, highest: np.float32, rows: int) -> np.float32:
        """Add up the weights; 1 where they vanish."""
        return super().total(row, max(highest, np.float32(-1e4)), rows) or np.float32(1.0)


softmax = MaximumFromTenThousand()
