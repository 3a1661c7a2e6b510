"""The arguments of the prefix cache: what is accepted, and what the error says if it is not."""

from collections.abc import Container, Hashable, Mapping, Sequence

import numpy as np

from draftproof.reference.prefix.policy import POLICIES

INT32 = np.iinfo(np.int32)


def whole_number(where: str, name: str, value: object) -> int:
    """Return an int, or raise TypeError; a bool is none."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{where}: {name} must be an int, got {type(value).__name__}")
    return int(value)


def at_least(where: str, name: str, value: object, least: int) -> int:
    """Return an int of ``least`` or more."""
    number = whole_number(where, name, value)
    if number < least:
        raise ValueError(f"{where}: {name} must be at least {least}, got {number}")
    return number


def int32(where: str, name: str, value: object) -> int:
    """Return an int that fits 32 bits."""
    number = whole_number(where, name, value)
    if not INT32.min <= number <= INT32.max:
        raise ValueError(f"{where}: {name} must fit int32, got {number}")
    return number


def int32_vector(where: str, name: str, value: object) -> list[int]:
    """Return the entries of a one-dimensional integer array, or of a sequence of ints, that fit int32."""
    if isinstance(value, memoryview):
        value = _viewed(where, name, value)
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{where}: {name} must be integers without a mask, got a masked array")
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in "iu":
            raise TypeError(f"{where}: {name} must be integers, got an array of {value.dtype}")
        if value.ndim != 1:
            raise ValueError(f"{where}: {name} must have one dimension, got {value.ndim}")
        entries: list[int] = value.tolist()
    elif isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray)):
        entries = [whole_number(where, f"each of {name}", entry) for entry in value]
    else:
        raise TypeError(f"{where}: {name} must be a sequence of ints, got {type(value).__name__}")
    for entry in (min(entries), max(entries)) if entries else ():
        int32(where, f"each of {name}", entry)
    return entries


def _viewed(where: str, name: str, value: memoryview) -> np.ndarray:
    """Return what a memoryview shows, which must not have been released."""
    viewed = np.asarray(value)
    if viewed.dtype == object:
        raise TypeError(f"{where}: {name} must be a sequence of ints, got a memoryview that was released")
    return viewed


def known_policy(where: str, policy: str) -> str:
    """Return a policy's name if there is such a policy."""
    if policy not in POLICIES:
        raise ValueError(f"{where}: policy must be one of {', '.join(POLICIES)}, got {policy!r}")
    return policy


def hashable(where: str, namespace: Hashable) -> Hashable:
    """Return a namespace that can be a dictionary's key."""
    try:
        hash(namespace)
    except TypeError:
        raise TypeError(f"{where}: namespace must be hashable, got {type(namespace).__name__}") from None
    return namespace


def known_namespace(where: str, namespace: Hashable, roots: Mapping[Hashable, int]) -> int:
    """Return what is kept under a namespace that was opened."""
    if hashable(where, namespace) not in roots:
        raise ValueError(f"{where}: namespace must have been opened, got {namespace!r}")
    return roots[namespace]


def one_per_token(where: str, slots: list[int], tokens: list[int]) -> None:
    """Refuse slots that are not as many as the tokens."""
    if len(slots) != len(tokens):
        raise ValueError(f"{where}: slots must have {len(tokens)} entries, one per token, got {len(slots)}")


def storable(where: str, slots: list[int], cached: Container[int], page_size: int) -> None:
    """Refuse slots that cannot be stored: each must be new to the tree, each page a page of the pool."""
    seen: set[int] = set()
    for slot in slots:
        if slot < 0:
            raise ValueError(f"{where}: slots must not be negative where they are stored, got {slot}")
        if slot in cached:
            raise ValueError(f"{where}: slots must be new to the tree, got {slot}, which it holds")
        if slot in seen:
            raise ValueError(f"{where}: slots must differ from each other, got {slot} twice")
        seen.add(slot)
    for i in range(0, len(slots), page_size):
        page = slots[i : i + page_size]
        if page[0] % page_size or page != list(range(page[0], page[0] + page_size)):
            raise ValueError(
                f"{where}: slots of a page must be consecutive from a multiple of {page_size} on, got {page}"
            )
