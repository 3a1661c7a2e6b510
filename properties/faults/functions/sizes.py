"""Faults of size: an axis from a length on, at a remainder, empty, of one, or two long ones at once."""

from collections.abc import Callable, Iterator, Mapping
from itertools import combinations

import numpy as np

from draftproof.axes import Axis
from draftproof.properties.core.contract import FunctionContract
from draftproof.properties.faults.functions.effects import RAISES, another, is_float, lost, neighbours
from draftproof.properties.faults.functions.fault import Call, Fault, Where

ENGINES = {
    "B": 1024, "R": 1024, "K": 32, "V": 2**18, "N": 2**20, "count": 1024, "page_size": 256, "width": 256,
    "M": 256, "C": 2**13, "H": 512,
}  # fmt: skip
"""The largest size that inference engines give an axis, where a judge can look at all of it."""

MODULI = (4, 8, 16, 32, 128, 1024)
LONG = {
    "B": 8,
    "R": 8,
    "K": 4,
    "V": 1024,
    "count": 32,
    "page_size": 8,
    "width": 8,
    "M": 32,
    "C": 1024,
    "H": 64,
}
"""What counts as long where two axes are long at once."""


def thresholds(largest: int) -> list[int]:
    """Return the sizes around each power of two, up to a largest one.

    >>> thresholds(8)
    [2, 3, 4, 5, 7, 8]
    """
    powers = [2**k for k in range(1, largest.bit_length())]
    return sorted(
        {size for power in powers for size in (power - 1, power, power + 1) if 2 <= size <= largest}
    )


def admitted(contract: FunctionContract, axis: str) -> list[int]:
    """Return the sizes around powers of two that an axis may have."""
    found = thresholds(largest(contract, axis))
    return [size for size in found if size.bit_count() == 1 or not _powers_only(contract, axis)]


def _powers_only(contract: FunctionContract, axis: str) -> bool:
    """Whether a contract lists no size of an axis that is no power of two: then others mean nothing."""
    return all(size.bit_count() <= 1 for size in contract.sizes[axis])


def beyond(column: int) -> Callable[[int], slice]:
    """Return what cuts the columns from one on out of so many."""
    return lambda width: slice(column, None)


def last_part(tile: int) -> Callable[[int], slice]:
    """Return what cuts the columns behind the last whole tile out of so many."""
    return lambda width: slice(width // tile * tile, None)


def largest(contract: FunctionContract, axis: str) -> int:
    """Return the largest size worth a fault: what engines use, else what the contract lists."""
    return ENGINES.get(axis, max(contract.sizes[axis]))


def size_faults(contract: FunctionContract) -> Iterator[Fault]:
    """Yield the faults of each axis, and of each pair of axes."""
    first = contract.results[0].name
    for axis in contract.sizes:
        yield from _of_axis(contract, axis)
    for one, other in combinations([axis for axis in contract.sizes if axis in LONG], 2):
        yield Fault(_at_least({one: LONG[one], other: LONG[other]}), another(0, first))


def _of_axis(contract: FunctionContract, axis: str) -> Iterator[Fault]:
    first = contract.results[0].name
    columns = [a.name for a in contract.arguments if is_float(a) and _last(a.axes, axis)]
    batched = [a.name for a in contract.arguments if a.axes[:1] == (contract.batch,)]
    for size in admitted(contract, axis):
        where = _at_least({axis: size})
        yield Fault(where, another(0, first))
        for name in columns:
            yield Fault(where, lost(name, beyond(size - 1), f"{axis} from {size - 1} on"))
        if axis == contract.batch:
            for name in batched:
                yield Fault(_row_beyond(axis, size), neighbours(name))
    for modulus in MODULI:
        if modulus <= largest(contract, axis):
            yield Fault(_divided(axis, modulus, True), another(0, first))
            if _powers_only(contract, axis):
                continue
            undivided = _divided(axis, modulus, False)
            yield Fault(undivided, another(0, first))
            for name in columns:
                yield Fault(undivided, lost(name, last_part(modulus), f"the last part of {modulus}"))
    if 0 in contract.sizes[axis] or axis == contract.batch:
        yield Fault(_exactly(axis, 0), RAISES)
    yield Fault(_exactly(axis, 1), another(0, first))


def _last(axes: tuple[str, ...], axis: str) -> bool:
    return len(axes) > 0 and Axis.parse(axes[-1]).names == (axis,)


def _at_least(sizes: Mapping[str, int]) -> Where:
    def rows(call: Call) -> np.ndarray | bool:
        return all(call.sizes.get(axis, 0) >= size for axis, size in sizes.items()) and last_row(call)

    name = " and ".join(f"{axis} >= {size}" for axis, size in sizes.items())
    return Where(name, "sizes" if len(sizes) == 1 else "two sizes", rows, sizes)


def _row_beyond(axis: str, size: int) -> Where:
    def rows(call: Call) -> np.ndarray:
        return np.arange(call.rows) >= size - 1

    return Where(f"rows from {size - 1} on", "sizes", rows, {axis: size})


def _divided(axis: str, modulus: int, evenly: bool) -> Where:
    def rows(call: Call) -> np.ndarray | bool:
        size = call.sizes.get(axis, 0)
        return size > 0 and (size % modulus == 0) == evenly and size >= modulus and last_row(call)

    name = f"{axis} {'a multiple of' if evenly else 'over and no multiple of'} {modulus}"
    return Where(name, "sizes", rows, {axis: modulus if evenly else modulus + 1})


def _exactly(axis: str, size: int) -> Where:
    def rows(call: Call) -> np.ndarray | bool:
        return call.sizes.get(axis) == size and (call.rows == 0 or last_row(call))

    return Where(f"{axis} = {size}", "sizes", rows, {axis: size})


def last_row(call: Call) -> np.ndarray:
    """Return the mask of the last row."""
    mask: np.ndarray = np.arange(call.rows) == call.rows - 1
    return mask
