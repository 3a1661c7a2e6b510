"""Addition in float64, then rounded to float32: twice rounded is once rounded here."""

import numpy as np

CONFORMANCE = {"arrays": "numpy"}


def vector_add(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return a + b: float32 [N]."""
    with np.errstate(over="ignore", invalid="ignore"):
        return (a.astype(np.float64) + b.astype(np.float64)).astype(np.float32)
