"""The rank in a sorted row is returned as an id."""

import numpy as np

from draftproof.properties.mutants.base.sampling import Sampler
from draftproof.reference import Sampled

STORY = (
    "SGLang 35697: the whole batch is sorted as soon as one row gains from it, and only that row's "
    "ranks are turned back into ids."
)
KILLED_BY = ("admissible", "rows independent")
CONFORMANCE = {"arrays": "numpy"}


class SortedRankAsId(Sampler):
    """Depends on the other rows of the batch."""

    def __call__(self, probs: np.ndarray, uniforms: np.ndarray) -> Sampled:
        """Sort every row if some are peaked."""
        peaked, right = (probs > 0.25).any(-1), super().__call__(probs, uniforms)
        if peaked.all() or not peaked.any():
            return right
        ranks = super().__call__(np.sort(probs)[:, ::-1], uniforms).tokens
        return Sampled(np.where(peaked, right.tokens, ranks).astype(np.int32), right.status)


sample = SortedRankAsId()
