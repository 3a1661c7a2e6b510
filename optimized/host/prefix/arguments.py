"""The arguments of the host tree: what is accepted, and what the error says if it is not."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt


def whole(where: str, name: str, value: object) -> int:
    """Return an int, or raise TypeError; a bool is none. Beyond 63 bits it is clamped."""
    if type(value) is not int:
        if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
            raise TypeError(f"{where}: {name} must be an int, got {type(value).__name__}")
        value = int(value)
    return value if -(2**62) < value < 2**62 else (2**62 if value > 0 else -(2**62))


def at_least(where: str, name: str, value: object, least: int) -> int:
    """Return an int of ``least`` or more."""
    number = whole(where, name, value)
    if number < least:
        raise ValueError(f"{where}: {name} must be at least {least}, got {number}")
    return number


def int32(where: str, name: str, value: object) -> int:
    """Return an int that fits 32 bits."""
    number = whole(where, name, value)
    if not -(2**31) <= number < 2**31:
        raise ValueError(f"{where}: {name} must fit int32, got {number}")
    return number


def choice(where: str, name: str, value: object, choices: Sequence[str]) -> None:
    """Refuse what is not one of ``choices``."""
    if value not in choices:
        raise ValueError(f"{where}: {name} must be one of {', '.join(choices)}, got {value!r}")


def hashable(where: str, namespace: Hashable) -> None:
    """Refuse a namespace that cannot be a dictionary's key."""
    try:
        hash(namespace)
    except TypeError:
        raise TypeError(f"{where}: namespace must be hashable, got {type(namespace).__name__}") from None


def vector(
    where: str, name: str, value: object, dtype: type[np.signedinteger[Any]] = np.int32
) -> npt.NDArray[Any]:
    """Return a one-dimensional integer array, or a sequence of ints, in one piece of ``dtype``."""
    if isinstance(value, memoryview):
        value = _viewed(where, name, value)
    if not isinstance(value, np.ndarray):
        if not isinstance(value, Sequence) or isinstance(value, (str, bytes, bytearray)):
            raise TypeError(f"{where}: {name} must be a sequence of ints, got {type(value).__name__}")
        value = _entries(where, name, value)
    elif isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{where}: {name} must be integers without a mask, got a masked array")
    elif value.dtype.kind not in "iu":
        raise TypeError(f"{where}: {name} must be integers, got an array of {value.dtype}")
    if value.ndim != 1:
        raise ValueError(f"{where}: {name} must have one dimension, got {value.ndim}")
    bounds = np.iinfo(dtype)
    if len(value) and not bounds.min <= value.min() <= value.max() <= bounds.max:
        wrong = value.min() if value.min() < bounds.min else value.max()
        raise ValueError(f"{where}: each of {name} must fit {bounds.dtype}, got {wrong}")
    if (
        type(value) is np.ndarray
        and value.dtype == dtype
        and value.flags.c_contiguous
        and value.flags.aligned
    ):
        return value
    taken = np.empty(len(value), dtype)
    taken[:] = value
    return taken


def _entries(where: str, name: str, value: Sequence[Any]) -> npt.NDArray[Any]:
    """Return what a sequence shows at one look, as objects: a second look may show something else."""
    entries = []
    for entry in value:
        if isinstance(entry, (bool, np.bool_)) or not isinstance(entry, (int, np.integer)):
            raise TypeError(f"{where}: each of {name} must be an int, got {type(entry).__name__}")
        entries.append(entry)
    return np.array(entries, dtype=object)


def _viewed(where: str, name: str, value: memoryview) -> npt.NDArray[Any]:
    viewed = np.asarray(value)
    if viewed.dtype == object:
        raise TypeError(f"{where}: {name} must be a sequence of ints, got a memoryview that was released")
    return viewed
