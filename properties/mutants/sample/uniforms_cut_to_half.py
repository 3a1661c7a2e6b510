"""The uniform loses its low bits."""

import numpy as np

from draftproof.properties.mutants.base.sampling import Sampler

STORY = (
    "A classic slip: uniforms travel in the model's 16-bit dtype; most tokens of a large vocabulary can "
    "no longer be drawn."
)
KILLED_BY = ("admissible",)
CONFORMANCE = {"arrays": "numpy"}


class UniformsCutToHalf(Sampler):
    """Draws with 256 different uniforms."""

    def draw(self, weights: np.ndarray, uniform: np.floating) -> int:
        """Keep 8 bits of the uniform."""
        return super().draw(weights, np.floor(uniform * 256) / 256)


sample = UniformsCutToHalf()
