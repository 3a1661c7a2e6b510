"""The comparison of one answer with the one expected, and what is said if they differ."""

from typing import Any

import numpy as np

from draftproof.properties.core.verdict import Finding
from draftproof.properties.lockstep.prefix.shown import shown


class MismatchError(Exception):
    """A tree did something else than the rule; carries the finding."""

    def __init__(self, where: str, expected: str, got: object) -> None:
        self.finding = Finding(where, expected, str(got))
        super().__init__(str(self.finding))


def judge_slots(where: str, expected: np.ndarray, got: Any) -> None:
    """Expect a one-dimensional int32 array with just these slots, in this order."""
    if not isinstance(got, np.ndarray) or got.dtype != np.int32 or got.ndim != 1:
        raise MismatchError(where, "an int32 array of slots", _kind(got))
    if not np.array_equal(expected, got):
        raise MismatchError(where, f"slots {shown(expected.tolist())}", shown(got.tolist()))


def judge_number(where: str, expected: int, got: Any) -> None:
    """Expect just this int, and no NumPy scalar."""
    if type(got) is not int:
        raise MismatchError(where, f"the int {expected}", f"{got!r} of {type(got).__name__}")
    if got != expected:
        raise MismatchError(where, str(expected), got)


def _kind(value: Any) -> str:
    return f"{value.dtype} {list(value.shape)}" if isinstance(value, np.ndarray) else f"{value!r:.60}"
