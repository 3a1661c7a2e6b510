"""The newcomer's first rung."""

import numpy as np


def vector_add(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return a + b, element by element, each sum rounded once to float32.

    Parameters
    ----------
    a, b
        float32 [N].

    Returns
    -------
    np.ndarray
        float32 [N]; NaN and infinities follow IEEE 754.

    >>> vector_add(np.float32([1, 2]), np.float32([0.5, -2]))
    array([1.5, 0. ], dtype=float32)
    """
    with np.errstate(over="ignore", invalid="ignore"):
        total: np.ndarray = np.add(a, b, dtype=np.float32)
    return total
