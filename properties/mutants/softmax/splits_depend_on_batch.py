"""The order of summation depends on the size of the batch."""

import numpy as np

from draftproof.properties.mutants.base.sampling import Softmax

STORY = (
    "A classic slip: small batches split each row over more blocks, so that a request's last bits "
    "change with its batch-mates."
)
KILLED_BY = ("rows independent",)
CONFORMANCE = {"arrays": "numpy"}


class SplitsDependOnBatch(Softmax):
    """Sums as the batch suggests."""

    def total(self, row: np.ndarray, highest: np.float32, rows: int) -> np.float32:
        """Add up in 16 / rows parts."""
        parts = np.array_split(super().weights(row, highest), max(16 // rows, 1))
        return np.float32(sum(part.sum(dtype=np.float32) for part in parts))


softmax = SplitsDependOnBatch()
