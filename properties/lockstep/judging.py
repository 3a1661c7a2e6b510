"""The comparison of one answer with the one expected, and what is said if they differ."""

from typing import Any

import numpy as np

from draftproof.properties.core.verdict import Finding
from draftproof.properties.lockstep.notation import format_numbers

SHOWN = 60
"""Characters of an answer of another kind than expected."""


class MismatchError(Exception):
    """An object did something else than the rule; carries the finding.

    ``where`` may be a ``Line``: it is put in words here, and only here.
    """

    def __init__(self, where: object, expected: str, got: object) -> None:
        self.finding = Finding(str(where), expected, str(got))
        super().__init__(str(self.finding))


def judge_value(where: object, expected: object, got: object) -> None:
    """Expect an equal value of just the same type: an int, and no NumPy scalar."""
    kind = type(expected).__name__
    if type(got) is not type(expected):
        raise MismatchError(where, f"the {kind} {expected}", f"{got!r} of {type(got).__name__}")
    if got != expected:
        raise MismatchError(where, str(expected), got)


def judge_array(where: object, noun: str, expected: np.ndarray, got: Any) -> None:
    """Expect a one-dimensional int32 array of just these numbers, in this order.

    ``noun`` says what they are: "slots".
    """
    if not isinstance(got, np.ndarray) or got.dtype != np.int32 or got.ndim != 1:
        kind = f"{got.dtype} {list(got.shape)}" if isinstance(got, np.ndarray) else repr(got)[:SHOWN]
        raise MismatchError(where, f"an int32 array of {noun}", kind)
    if not np.array_equal(expected, got):
        raise MismatchError(
            where, f"{noun} {format_numbers(expected.tolist())}", format_numbers(got.tolist())
        )
