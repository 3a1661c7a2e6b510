"""The masked lanes behind the vocabulary can win."""

import numpy as np

from draftproof.properties.mutants.base.sampling import Sampler

STORY = (
    "vLLM 44744, 21876, 53029: where nothing in the last tile has mass, or all of it is NaN, a lane "
    "behind the vocabulary wins, and the id is V or more."
)
KILLED_BY = ("admissible",)
CONFORMANCE = {"arrays": "numpy"}


class TailLaneWins(Sampler):
    """Emits a lane number."""

    def draw(self, weights: np.ndarray, uniform: np.floating) -> int:
        """Search tiles of 128; nothing found leaves the last lane."""
        lanes = -(-len(weights) // 128) * 128
        token = super().draw(weights, uniform)
        return lanes - 1 if token < 0 else token


sample = TailLaneWins()
