"""All requests share one stream."""

import numpy as np

from draftproof.properties.mutants.base.sampling import Uniforms

STORY = "TensorRT-LLM: requests without a seed of their own get the same noise, row by row."
KILLED_BY = ("admissible", "rows independent")
CONFORMANCE = {"arrays": "numpy"}


class SameNoisePerRow(Uniforms):
    """Uses one seed for the batch."""

    def key(self, seeds: np.ndarray, b: int) -> int:
        """The first request's seed."""
        return super().key(seeds, 0)


uniforms = SameNoisePerRow()
