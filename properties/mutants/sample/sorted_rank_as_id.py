"""The uniform picks a rank in a sorted row where it should pick an id."""

import numpy as np

from draftproof.properties.mutants.base.sampling import Sampler
from draftproof.reference import Sampled

STORY = (
    "SGLang 35697: as soon as one request filters, every row of the batch is sorted and its noise goes "
    "by rank instead of id: the law is right, and a seeded request answers otherwise in other company."
)
KILLED_BY = ("admissible", "rows independent")
CONFORMANCE = {"arrays": "numpy"}


class SortedRankAsId(Sampler):
    """Draws in an order that the rest of the batch decides."""

    def __call__(self, probs: np.ndarray, uniforms: np.ndarray) -> Sampled:
        """Sort every row if one is peaked, and draw in that order."""
        if not (probs > 0.25).any():
            return super().__call__(probs, uniforms)
        order = np.argsort(-probs, axis=-1, kind="stable")
        ranks, status = super().__call__(np.take_along_axis(probs, order, -1), uniforms)
        ids = np.take_along_axis(order, np.maximum(ranks, 0)[:, None], -1)[:, 0]
        return Sampled(np.where(ranks < 0, -1, ids).astype(np.int32), status)


sample = SortedRankAsId()
