"""Faults of layout: one argument whose elements do not lie one behind the other."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from draftproof.properties.core.contract import FunctionContract
from draftproof.properties.faults.functions.effects import RAISES, misread
from draftproof.properties.faults.functions.fault import Call, Fault, Where

LEAST = 2
"""An axis of fewer elements has no stride."""


def layout_faults(contract: FunctionContract) -> Iterator[Fault]:
    """Yield, for each argument and each way of lying, strides ignored and an exception."""
    for argument in contract.arguments:
        rank = len(argument.axes)
        ways: dict[str, tuple[Callable[[Any], bool], Callable[[Any], Any]]] = {
            f"step 2 on axis {axis}": (_steps(axis, rank), _with_step(axis)) for axis in range(rank)
        }
        if rank:
            ways["the first axis expanded"] = (lambda x: _strides(x)[0] == 0, _expanded)
            ways["misaligned"] = (_misaligned, _with_offset)
        if rank > 1:
            ways["two axes exchanged"] = (_exchanged, _with_exchange)
            ways["rows that overlap"] = (_overlapping, _with_overlap)
        for name, (holds, lay) in ways.items():
            where = _lying(argument.name, name, holds, lay)
            yield Fault(where, RAISES)
            if name != "misaligned":
                yield Fault(where, misread(argument.name))


def _strides(value: Any) -> tuple[int, ...]:
    """Return the strides in elements."""
    if isinstance(value, np.ndarray):
        return tuple(stride // value.itemsize for stride in value.strides)
    return tuple(value.stride())


def _long(value: Any, axis: int) -> bool:
    return bool(value.shape[axis] >= LEAST)


def _steps(axis: int, rank: int) -> Callable[[Any], bool]:
    def holds(value: Any) -> bool:
        """Whether the axis has another stride than one behind the other, the axes after it being so."""
        step = 1
        for later in range(axis + 1, rank):
            step *= value.shape[later]
        found = _strides(value)[axis]
        return _long(value, axis) and found != step and found > 0

    return holds


def _with_step(axis: int) -> Callable[[Any], Any]:
    def lay(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            twice = np.repeat(value, 2, axis)
            twice[_cut(value.ndim, axis, 1)] = 0
            return twice[_cut(value.ndim, axis, 0)]
        twice = value.repeat_interleave(2, axis)
        twice[_cut(value.ndim, axis, 1)] = 0
        return twice[_cut(value.ndim, axis, 0)]

    return lay


def _cut(rank: int, axis: int, start: int) -> tuple[slice, ...]:
    return tuple(slice(start, None, 2) if each == axis else slice(None) for each in range(rank))


def _expanded(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return np.broadcast_to(value[:1], value.shape) if len(value) else value
    return value[:1].expand(value.shape) if len(value) else value


def _misaligned(value: Any) -> bool:
    address = value.__array_interface__["data"][0] if isinstance(value, np.ndarray) else value.data_ptr()
    return bool(address % 16 != 0)


def _with_offset(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        flat = np.zeros(value.size + 1, value.dtype)
        flat[1:] = value.reshape(-1)
        return flat[1:].reshape(value.shape)
    flat = value.new_zeros(value.numel() + 1)
    flat[1:] = value.reshape(-1)
    return flat[1:].view(value.shape)


def _exchanged(value: Any) -> bool:
    one, two = _strides(value)[:2]
    return _long(value, 0) and _long(value, 1) and 0 < one < two


def _with_exchange(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return np.ascontiguousarray(value.swapaxes(0, 1)).swapaxes(0, 1)
    return value.transpose(0, 1).contiguous().transpose(0, 1)


def _overlapping(value: Any) -> bool:
    strides = _strides(value)
    return _long(value, 0) and _long(value, -1) and 0 < strides[0] < value.shape[-1]


def _with_overlap(value: Any) -> Any:
    """Return rows of one long row, each beginning an element after the one before."""
    if not value.shape[0] or value.ndim != 2:
        return value
    rows, width = value.shape
    if isinstance(value, np.ndarray):
        flat = np.resize(value, rows + width)
        return np.lib.stride_tricks.as_strided(flat, value.shape, (flat.itemsize, flat.itemsize))
    flat = value.reshape(-1).repeat(2)[: rows + width].clone()
    return flat.as_strided(value.shape, (1, 1)) if len(flat) == rows + width else value


def _lying(argument: str, name: str, holds: Callable[[Any], bool], lay: Callable[[Any], Any]) -> Where:
    def rows(call: Call) -> bool:
        value = call.arguments.get(argument)
        return value is not None and value.ndim > 0 and holds(value)

    return Where(f"{argument}, {name}", "layouts", rows, lay={argument: lay})
