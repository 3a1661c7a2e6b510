"""The forms in which a caller may hold integers: sequences, and arrays of every width and layout."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Integers = Sequence[int] | np.ndarray


def _int32(values: Integers) -> np.ndarray:
    return np.array(values, np.int32)


def _misaligned(values: Integers) -> np.ndarray:
    return np.frombuffer(b"\0" + _int32(values).tobytes(), np.int32, offset=1)


def _of_width(dtype: str) -> Callable[[Integers], np.ndarray]:
    """Return what makes arrays of a dtype; of int32 where the values do not fit."""
    bounds = np.iinfo(np.dtype(dtype))

    def arrange(values: Integers) -> np.ndarray:
        array = np.array(values, np.int64)
        fits = not len(array) or (bounds.min <= array.min() and array.max() <= bounds.max)
        return array.astype(dtype if fits else np.int32)

    return arrange


_LAYOUTS: dict[str, Callable[[Integers], Any]] = {
    "list": lambda values: [int(value) for value in values],
    "tuple": lambda values: tuple(int(value) for value in values),
    "int32": _int32,
    "step 2": lambda values: _int32(values).repeat(2)[::2],
    "reversed": lambda values: _int32(values)[::-1].copy()[::-1],
    "read-only": lambda values: np.frombuffer(_int32(values).tobytes(), np.int32),
    "misaligned": _misaligned,
}
WIDTHS = ("int8", "int16", "int64", "uint8", "uint16", "uint32", "uint64", ">i4")
_MAKERS = _LAYOUTS | {dtype: _of_width(dtype) for dtype in WIDTHS}
FORMS = tuple(_MAKERS)
"""All of them; "list" is what is written shortest."""


def arrange(values: Integers, form: str) -> Any:
    """Return integers in one of FORMS, in memory of their own.

    >>> arrange([1, 2], "step 2").strides, arrange([300], "int8").dtype
    ((8,), dtype('int32'))
    """
    return _MAKERS[form](values)
