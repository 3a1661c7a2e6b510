"""Inputs of the primitives."""

import numpy as np

from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import Arrays


def vector_add(case: Case) -> Arrays:
    """Return the arguments of ``vector_add``; element n depends on the seed and n alone."""
    N = case.shape["N"]
    rng = np.random.default_rng(case.seed)
    a, b = rng.standard_normal((N, 2), np.float32).T.copy()
    if "special" in case.flags and N:
        values = np.array([np.nan, np.inf, -np.inf, 3e38, 1e-45, -0.0], np.float32)
        for vector in (a, b):
            where = rng.integers(0, N, 1 + N // 8)
            vector[where] = rng.choice(values, len(where))
        # Sums that are -0, 0, NaN, infinite and subnormal need both addends.
        pairs = np.array(
            [[-0.0, -0.0], [1.5, -1.5], [np.inf, -np.inf], [3e38, 3e38], [1e-38, -1.1e-38]], np.float32
        )
        where = rng.integers(0, N, 1 + N // 8)
        a[where], b[where] = rng.choice(pairs, len(where)).T
    return {"a": a, "b": b}
