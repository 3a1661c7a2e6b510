"""The same search with sums in the processor's extended precision."""

import numpy as np

from draftproof.properties.entrants import float64_search
from draftproof.reference import Sampled

CONFORMANCE = {"arrays": "numpy"}


def sample(probs: np.ndarray, uniforms: np.ndarray) -> Sampled:
    """Draw from each row."""
    return float64_search.sample(probs, uniforms, np.longdouble)
