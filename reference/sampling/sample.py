"""One token per row by inverse CDF."""

import numpy as np

from draftproof.reference.distribution import draw, mass
from draftproof.reference.results import Sampled
from draftproof.reference.status import Status


def sample(probs: np.ndarray, uniforms: np.ndarray) -> Sampled:
    """Draw one id per row: the smallest t with p(t) > 0 and cdf(t) > u * total.

    Inverse-transform sampling (Devroye 1986, section II.2). The row is divided by the sum it has,
    never by an assumed 1; a NaN or an infinity counts as no mass; a row without mass gives -1.

    Parameters
    ----------
    probs
        float32 [B, V].
    uniforms
        float32 or float64 [B] in [0, 1).

    Returns
    -------
    Sampled
        tokens int32 [B], status int32 [B].

    >>> sample(np.array([[0.2, 0.0, 0.8]] * 3), np.array([0.0, 0.19, 0.2])).tokens
    array([0, 0, 2], dtype=int32)
    """
    tokens = np.empty(len(probs), dtype=np.int32)
    status = np.zeros(len(probs), dtype=np.int32)
    for b, row in enumerate(probs):
        tokens[b] = draw(mass(row), float(uniforms[b]))
        if tokens[b] < 0:
            status[b] |= Status.DEGENERATE
        if not np.isfinite(row).all():
            status[b] |= Status.NAN_SEEN
    return Sampled(tokens, status)
