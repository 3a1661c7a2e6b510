"""A float64 CDF over the ids with mass only, and a binary search in it."""

from typing import Any

import numpy as np

from draftproof.reference import Sampled, Status

CONFORMANCE = {"arrays": "numpy"}


def search(row: np.ndarray, uniform: float, precision: Any) -> tuple[int, bool]:
    """Return the id drawn from a row [V], and whether a NaN or an infinity was in it."""
    finite = np.isfinite(row)
    ids = np.flatnonzero(finite & (row > 0))
    if not len(ids):
        return -1, not finite.all()
    cdf = np.cumsum(row[ids].astype(precision))
    at = np.searchsorted(cdf, precision(uniform) * cdf[-1], side="right")
    return int(ids[min(int(at), len(ids) - 1)]), not finite.all()


def sample(probs: np.ndarray, uniforms: np.ndarray, precision: Any = np.float64) -> Sampled:
    """Draw from each row."""
    drawn = [search(row, float(u), precision) for row, u in zip(probs, uniforms, strict=True)]
    tokens = np.array([token for token, _ in drawn], np.int32)
    seen = np.array([nan for _, nan in drawn], np.int32)
    return Sampled(tokens, (Status.DEGENERATE * (tokens < 0) | Status.NAN_SEEN * seen).astype(np.int32))
