"""The CDF is one running sum in float32."""

import numpy as np

from draftproof.properties.mutants.base.sampling import Sampler

STORY = (
    "A classic slip: 151,936 additions in a row, each rounded; the tokens behind are drawn with the "
    "wrong probability."
)
KILLED_BY = ("accuracy",)
CONFORMANCE = {"arrays": "numpy"}


class RunningSumInFloat32(Sampler):
    """Adds up token after token."""

    def draw(self, weights: np.ndarray, uniform: np.floating) -> int:
        """Accumulate in float32."""
        cdf = np.cumsum(weights, dtype=np.float32)
        above = np.flatnonzero((weights > 0) & (cdf > float(uniform) * float(cdf[-1])))
        return int(above[0]) if above.size else super().draw(weights, uniform)


sample = RunningSumInFloat32()
