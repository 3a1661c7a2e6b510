"""The parts of a sum are added in the order of arrival."""

import numpy as np

from draftproof.properties.mutants.base.sampling import Softmax

STORY = (
    "A classic slip: floating-point atomics add the tiles' sums, and the last bits change from call to call."
)
KILLED_BY = ("repeatable",)
CONFORMANCE = {"arrays": "numpy"}


class AdditionsInAnyOrder(Softmax):
    """Adds with atomics."""

    def total(self, row: np.ndarray, highest: np.float32, rows: int) -> np.float32:
        """Add up 16 parts, whichever comes first."""
        parts = np.array_split(super().weights(row, highest), 16)
        arrived = np.random.default_rng().permutation([part.sum(dtype=np.float32) for part in parts])
        return np.float32(sum(arrived, np.float32(0.0)))


softmax = AdditionsInAnyOrder()
