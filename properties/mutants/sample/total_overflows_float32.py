"""The row's total is a float32 sum, which may overflow."""

import numpy as np

from draftproof.properties.mutants.base.sampling import Sampler

STORY = (
    "Ours, until a stranger tried it: [3.4e38, 3.4e38, 0, 1] at u = 0.4 has an infinite total, no cdf "
    "exceeds u * total, and the last id with mass is drawn, in silence."
)
KILLED_BY = ("admissible", "values")
CONFORMANCE = {"arrays": "numpy"}


class TotalOverflowsFloat32(Sampler):
    """Adds up in pairs, as a GPU does, and never looks whether the sum is finite."""

    def draw(self, weights: np.ndarray, uniform: np.floating) -> int:
        """Compare with u * total, which may be infinite."""
        with np.errstate(over="ignore", invalid="ignore"):
            goal = float(uniform) * float(weights.astype(np.float32).sum(dtype=np.float32))
        with_mass = np.flatnonzero(weights > 0)
        if not with_mass.size:
            return -1
        beyond = with_mass[np.cumsum(weights)[with_mass] > goal]
        return int(beyond[0] if beyond.size else with_mass[-1])


sample = TotalOverflowsFloat32()
