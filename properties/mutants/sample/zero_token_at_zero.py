"""At u = 0 the first token is drawn, whatever its probability."""

import numpy as np

from draftproof.properties.mutants.base.sampling import Sampler

STORY = "A classic slip: `cdf >= u * total` holds at the first id for u = 0, though its probability is 0."
KILLED_BY = ("admissible",)
CONFORMANCE = {"arrays": "numpy"}


class ZeroTokenAtZero(Sampler):
    """Compares without strictness."""

    def draw(self, weights: np.ndarray, uniform: np.floating) -> int:
        """Take the first id that reaches u * total."""
        cdf = weights.cumsum()
        return int(np.argmax(cdf >= float(uniform) * cdf[-1])) if weights.any() else -1


sample = ZeroTokenAtZero()
