"""Answers in which nothing is rounded: they must be the oracle's, bit for bit."""

import numpy as np

from draftproof.properties.core.contract import Arrays
from draftproof.properties.core.verdict import Verdict


def required(arrays: Arrays, name: str) -> np.ndarray:
    """Return an array that is never left out."""
    array = arrays[name]
    if array is None:
        raise ValueError(f"{name} must be given")
    return array


def judge_equal(outputs: Arrays, wanted: dict[str, np.ndarray]) -> Verdict:
    """Judge that every output equals the oracle's, bit for bit."""
    verdict = Verdict()
    for name, expected in wanted.items():
        got = required(outputs, name)
        # Zeros of either sign are equal but not the same; all NaNs are.
        different = (got != expected) | (np.signbit(got) != np.signbit(expected))
        different &= ~((got != got) & (expected != expected))
        verdict.decisions += got.size
        for place in np.argwhere(different)[:8]:
            at = tuple(int(index) for index in place)
            verdict.expect(False, f"{name}{list(at)}", str(expected[at]), got[at])
    return verdict
