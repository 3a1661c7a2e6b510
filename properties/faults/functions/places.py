"""Faults of place: one row of the batch, one column of an argument, one lane."""

from collections.abc import Callable, Iterator

import numpy as np

from draftproof.properties.core.contract import Argument, FunctionContract
from draftproof.properties.faults.functions.effects import is_float, lost, moved, neighbours, of_outputs
from draftproof.properties.faults.functions.fault import Call, Fault, Where
from draftproof.properties.faults.functions.sizes import largest, last_part

ROWS = (0, 1, 32, 64, 128, 256)
COLUMNS = (0, 31, 32, 127, 128, 1023, 1024, 4096, 65_536, 131_072)
LANES = (0, 1, 17, 31)


def place_faults(contract: FunctionContract) -> Iterator[Fault]:
    """Yield the faults of single rows and columns."""
    batch = contract.batch
    batched = [a.name for a in contract.arguments if a.axes[:1] == (batch,)]
    rows = [_row(n, batch) for n in ROWS if n < largest(contract, batch)] + [_last_row(batch)]
    for where in rows:
        for effect in of_outputs(contract):
            yield Fault(where, effect)
        for name in batched:
            yield Fault(where, neighbours(name))
    for argument in contract.arguments:
        if is_float(argument) and len(argument.axes) > 1:
            yield from _of_columns(contract, argument)


def _of_columns(contract: FunctionContract, argument: Argument) -> Iterator[Fault]:
    axis, name = argument.axes[-1], argument.name
    longest = largest(contract, axis) if axis in contract.sizes else max(contract.sizes.get("K", (1,)))
    for column in (c for c in COLUMNS if c < longest):
        where = _everywhere(axis, column + 2)
        at = _at(column)
        yield Fault(where, lost(name, at, f"column {column}"))
        if column:
            yield Fault(where, moved(name, at, f"column {column}"))
    last = _everywhere(axis, 2)
    yield Fault(last, lost(name, lambda width: width - 1, "the last column"))
    yield Fault(last, moved(name, lambda width: width - 1, "the last column"))
    for lane in LANES:
        yield Fault(_everywhere(axis, lane + 2), lost(name, _every_32nd(lane), f"lane {lane}"))
    for tile in (32, 128, 1024):
        if tile < longest:
            which = f"the last part tile of {tile}"
            yield Fault(_everywhere(axis, tile + 1), lost(name, last_part(tile), which))


def _every_32nd(lane: int) -> Callable[[int], slice]:
    return lambda width: slice(lane, None, 32)


def _at(column: int) -> Callable[[int], int]:
    return lambda width: min(column, width - 1) if column < width else width - 1


def _row(number: int, batch: str) -> Where:
    def rows(call: Call) -> np.ndarray:
        mask: np.ndarray = np.arange(call.rows) == number
        return mask

    return Where(f"row {number}", "places", rows, {batch: max(2, number + 1)})


def _last_row(batch: str) -> Where:
    def rows(call: Call) -> np.ndarray:
        mask: np.ndarray = np.arange(call.rows) == call.rows - 1
        return mask & (call.rows > 1)

    return Where("the last row", "places", rows, {batch: 2})


def _everywhere(axis: str, size: int) -> Where:
    """Every call whose last axis is long enough."""
    letter = axis.split("+")[0]

    def rows(call: Call) -> bool:
        return call.sizes.get(letter, 0) >= size

    return Where(f"{letter} >= {size}", "places", rows, {letter: size})
