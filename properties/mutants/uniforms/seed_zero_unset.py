"""Seed 0 is taken as none."""

import numpy as np

from draftproof.properties.mutants.base.sampling import Uniforms

STORY = "lmdeploy 4525, TensorRT-LLM 17172: seed 0 or -1 means that none was given, and another one is drawn."
KILLED_BY = ("values",)
CONFORMANCE = {"arrays": "numpy"}


class SeedZeroUnset(Uniforms):
    """Falls back to a seed of its own."""

    def key(self, seeds: np.ndarray, b: int) -> int:
        """The seed, or 42."""
        seed = super().key(seeds, b)
        return seed if seed not in (0, 2**64 - 1) else 42


uniforms = SeedZeroUnset()
