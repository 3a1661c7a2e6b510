"""Rows of probabilities as the oracles read them: untrusted, unnormalised, drawn from by inverse CDF."""

import numpy as np


def mass(row: np.ndarray) -> np.ndarray:
    """Return ``row`` in float64 with everything that is no probability set to 0.

    A NaN, an infinity and a negative number carry no mass. Shape [..., V], same as the input.

    >>> mass(np.array([0.25, np.nan, -1.0, np.inf]))
    array([0.25, 0.  , 0.  , 0.  ])
    """
    row = np.asarray(row, dtype=np.float64)
    return np.where(np.isfinite(row) & (row > 0), row, 0.0)


def draw(weights: np.ndarray, uniform: float) -> int:
    """Draw an id in proportion to ``weights``: the smallest t with w(t) > 0 and cdf(t) > u * total.

    Parameters
    ----------
    weights
        float64 [V], finite and not negative; they need not sum to 1.
    uniform
        A number in [0, 1).

    Returns
    -------
    int
        The id, or -1 if no weight is positive.

    >>> [draw(np.array([0.0, 1.0, 0.0, 3.0]), u) for u in (0.0, 0.2, 0.25, 0.9)]
    [1, 1, 3, 3]
    >>> draw(np.zeros(3), 0.5)
    -1
    """
    positive = np.flatnonzero(weights > 0)
    if positive.size == 0:
        return -1
    cdf = np.cumsum(weights)
    above = positive[cdf[positive] > uniform * cdf[-1]]
    # u * total may round up to the total itself; the last token with mass is meant then.
    return int(above[0] if above.size else positive[-1])
