"""Answers in which nothing is rounded: they must be the oracle's, bit for bit."""

import numpy as np

from draftproof.properties.core.contract import Arrays
from draftproof.properties.core.promises import Leniency
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


def judge_with_status(outputs: Arrays, wanted: dict[str, np.ndarray], leniency: Leniency) -> Verdict:
    """Judge that outputs equal the oracle's, their status in the bits that are promised."""
    bits = np.int32(leniency.status)
    got = {**outputs, "status": required(outputs, "status") & bits}
    return judge_equal(got, {**wanted, "status": wanted["status"] & bits})
