"""Values as short Python expressions, so that a printed call can be pasted and run."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import numpy as np

PLAIN = 8
"""Up to this many numbers are written out."""
RUN = 3
"""Equal numbers in a row are written ``[x] * n`` from this many on."""


def format_value(value: Any) -> str:
    """Return an expression for a value; a one-dimensional int32 array is written as a list.

    Arrays of other kinds need ``import numpy as np``.

    >>> format_value(np.ones(64))
    "np.array([1.0] * 64, 'float64')"
    """
    if isinstance(value, np.ndarray) and value.ndim == 1:
        numbers = format_numbers(value.tolist())
        return numbers if value.dtype == np.int32 else f"np.array({numbers}, {str(value.dtype)!r})"
    if isinstance(value, np.ndarray):
        return f"np.array({value.tolist()}, {str(value.dtype)!r})"
    if isinstance(value, list) and all(type(number) is int for number in value):
        return format_numbers(value)
    return repr(value)


def format_argument(value: Any) -> str:
    """Return an expression for an argument that lies in memory as it did: widths, strides, alignment.

    Needs ``import numpy as np``.

    >>> format_argument(np.arange(6, dtype=np.int16)[::-2])
    "np.array([1, 3, 5], 'int16').repeat(2)[::-2]"
    """
    if not isinstance(value, np.ndarray) or value.ndim != 1:
        return format_value(value)
    numbers, dtype = format_numbers(value.tolist()), repr(str(value.dtype))
    if not value.flags.aligned:
        return f"np.frombuffer(b'\\0' + np.array({numbers}, {dtype}).tobytes(), {dtype}, offset=1)"
    if not value.flags.writeable:
        return f"np.frombuffer(np.array({numbers}, {dtype}).tobytes(), {dtype})"
    step = value.strides[0] // value.itemsize if len(value) > 1 else 1
    if step == 1:
        return f"np.array({numbers}, {dtype})"
    if step < 0:
        numbers = format_numbers(value[::-1].tolist())
    repeated = f".repeat({abs(step)})" if abs(step) > 1 else ""
    return f"np.array({numbers}, {dtype}){repeated}[::{step}]"


def format_numbers(numbers: Sequence[float]) -> str:
    """Return an expression whose value is the list of the numbers.

    >>> format_numbers([1, 2])
    '[1, 2]'
    >>> format_numbers([0] * 63 + [5])
    '[0] * 63 + [5]'
    >>> format_numbers(range(64))
    '[*range(0, 64)]'
    """
    plain = list(numbers)
    if len(plain) <= PLAIN:
        return str(plain)
    if all(type(number) is int for number in plain):
        first = int(plain[0])
        if plain == list(range(first, first + len(plain))):
            return f"[*range({first}, {first + len(plain)})]"
    return " + ".join(_pieces(plain))


def _pieces(numbers: list[float]) -> Iterator[str]:
    single: list[float] = []
    for number, group in groupby(numbers):
        count = len(list(group))
        if count < RUN:
            single += [number] * count
            continue
        if single:
            yield str(single)
            single = []
        yield f"[{number}] * {count}"
    if single:
        yield str(single)
