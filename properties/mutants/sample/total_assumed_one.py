"""The row is taken to sum to 1."""

import numpy as np

from draftproof.properties.mutants.base.sampling import Sampler

STORY = (
    "A classic slip: cdf is compared with u instead of u times the total; rows of another sum are drawn "
    "from wrongly, and a short one runs off its end."
)
KILLED_BY = ("admissible",)
CONFORMANCE = {"arrays": "numpy"}


class TotalAssumedOne(Sampler):
    """Never sums the row."""

    def draw(self, weights: np.ndarray, uniform: np.floating) -> int:
        """Compare with u."""
        above = np.flatnonzero(weights.cumsum() > float(uniform))
        return int(above[0]) if above.size else super().draw(weights, uniform)


sample = TotalAssumedOne()
