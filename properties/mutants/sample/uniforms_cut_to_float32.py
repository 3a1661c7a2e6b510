"""A float64 uniform is cut to float32."""

import numpy as np

from draftproof.properties.mutants.base.sampling import Sampler

STORY = (
    "A classic slip: float64 uniforms are accepted and cast; at V = 151,936 tokens rarer than 2^-24 are "
    "drawn too often or never."
)
KILLED_BY = ("accuracy",)
CONFORMANCE = {"arrays": "numpy"}


class UniformsCutToFloat32(Sampler):
    """Ignores the uniforms' precision."""

    def draw(self, weights: np.ndarray, uniform: np.floating) -> int:
        """Cast first."""
        return super().draw(weights, np.float32(uniform))


sample = UniformsCutToFloat32()
