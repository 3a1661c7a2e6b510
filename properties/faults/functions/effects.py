"""How an answer can be wrong: effects on the outputs, and on what is read of the arguments."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from draftproof.properties.core.contract import Argument, Arrays, FunctionContract
from draftproof.properties.faults.functions.fault import Call, Effect, Function, Outputs, copied

Columns = Callable[[int], slice] | Callable[[int], int]
"""Which columns of a last axis of so many."""

Plant = Callable[[Arrays, np.random.Generator], None]


def _kind(value: Any) -> str:
    """Return "f" for floating-point tensors and arrays, "i" for integers."""
    if isinstance(value, np.ndarray):
        return "f" if value.dtype.kind == "f" else "i"
    return "f" if value.dtype.is_floating_point else "i"


def another(number: int, name: str) -> Effect:
    """Give another value in one output: the next id, a number half as large again."""

    def apply(function: Function, call: Call, right: Outputs) -> Outputs:
        wrong = copied(right[number])
        wrong = wrong * 1.5 + 0.125 if _kind(wrong) == "f" else wrong + 1
        return (*right[:number], wrong, *right[number + 1 :])

    return Effect(f"another {name}", apply)


def forgotten(number: int, name: str) -> Effect:
    """Leave one output 0: a status bit lost, nothing accepted."""

    def apply(function: Function, call: Call, right: Outputs) -> Outputs:
        return (*right[:number], right[number] * 0, *right[number + 1 :])

    return Effect(f"{name} is 0", apply)


def last_bit(number: int, name: str) -> Effect:
    """Flip the last bit of one output."""

    def apply(function: Function, call: Call, right: Outputs) -> Outputs:
        wrong = copied(right[number])
        if isinstance(wrong, np.ndarray):
            bits = wrong.view({4: np.int32, 8: np.int64}[wrong.itemsize])
            bits ^= 1
        else:
            import torch

            bits = wrong.view({2: torch.int16, 4: torch.int32, 8: torch.int64}[wrong.element_size()])
            bits.bitwise_xor_(1)
        return (*right[:number], wrong, *right[number + 1 :])

    return Effect(f"the last bit of {name}", apply)


def _raise(function: Function, call: Call, right: Outputs) -> Outputs:
    raise IndexError("index out of range")


RAISES = Effect("an exception", _raise)


def _stale(function: Function, call: Call, right: Outputs) -> Outputs:
    last = call.history.outputs
    if last is None or any(a.shape != b.shape for a, b in zip(last, right, strict=True)):
        return tuple(output * 0 for output in right)
    return last


STALE = Effect("the last call's answer", _stale)


def reread(name: str, argument: str, change: Callable[[Any], Any], plant: Plant | None = None) -> Effect:
    """Answer as if an argument had been changed."""

    def apply(function: Function, call: Call, right: Outputs) -> Outputs:
        value = call.arguments[argument]
        if value is None:
            return right
        changed = {**call.arguments, argument: change(value)}
        outputs: Outputs = function(**changed, **call.keywords)
        return outputs

    return Effect(name, apply, plant)


def neighbours(argument: str) -> Effect:
    """Read the next row of an argument."""

    def roll(value: Any) -> Any:
        order = (np.arange(len(value)) + 1) % max(len(value), 1)
        return value[order]

    return reread(f"the neighbour's {argument}", argument, roll)


def lost(argument: str, columns: Columns, which: str) -> Effect:
    """Read columns of an argument as 0."""

    def change(value: Any) -> Any:
        value = copied(value)
        if value.shape[-1]:
            value[..., columns(value.shape[-1])] = 0
        return value

    return reread(f"{which} of {argument} read as 0", argument, change, weighing(argument, columns))


def moved(argument: str, column: Callable[[int], int], which: str) -> Effect:
    """Read one column's value in the column before, and 0 there."""

    def change(value: Any) -> Any:
        value = copied(value)
        at = column(value.shape[-1])
        if 0 < at < value.shape[-1]:
            value[..., at - 1] = value[..., at - 1] + value[..., at]
            value[..., at] = 0
        return value

    where = f"{which} of {argument} counted for its neighbour"
    return reread(where, argument, change, weighing(argument, column))


def weighing(argument: str, columns: Columns) -> Plant:
    """Return what gives the columns half of an argument's weight, and two others the rest."""

    def plant(inputs: Arrays, rng: np.random.Generator) -> None:
        array = inputs[argument]
        if array is None or not array.size:
            return
        array[...] = 0
        which = np.arange(array.shape[-1])[columns(array.shape[-1])]
        first = int(np.min(which, initial=array.shape[-1] - 1))
        array[..., [0, max(first - 1, 0)]] = 0.125
        if np.size(which):
            array[..., which] = 0.5 / np.size(which)

    return plant


def narrow(argument: str, to: str) -> Effect:
    """Read an argument through a narrower dtype."""

    def change(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            return value.astype(to).astype(value.dtype)
        import torch

        return value.to(getattr(torch, to)).to(value.dtype)

    return reread(f"{argument} cut to {to}", argument, change)


def left_out(argument: str) -> Effect:
    """Answer as if an optional argument had been left out."""
    return reread(f"{argument} ignored", argument, lambda value: None)


def replaced(argument: str, holds: Callable[[Any], Any], by: float, name: str) -> Effect:
    """Read certain values of an argument as another one."""

    def change(value: Any) -> Any:
        value = copied(value)
        value[holds(value)] = by
        return value

    return reread(f"{name} of {argument} read as {by:g}", argument, change)


def other_choice(keyword: str, value: Any) -> Effect:
    """Answer as if a keyword had another value."""

    def apply(function: Function, call: Call, right: Outputs) -> Outputs:
        outputs: Outputs = function(**call.arguments, **{**call.keywords, keyword: value})
        return outputs

    return Effect(f"as if {keyword}={value}", apply)


def misread(argument: str) -> Effect:
    """Read an argument's memory as if it were contiguous from its first element on."""

    def change(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            flat = np.lib.stride_tricks.as_strided(value, (1,), (value.itemsize,))
            strides = np.zeros_like(np.empty(value.shape, value.dtype)).strides
            return np.lib.stride_tricks.as_strided(flat, value.shape, strides).copy()
        steps: list[int] = []
        step = 1
        for size in reversed(value.shape):
            steps.insert(0, step)
            step *= max(size, 1)
        room = value.untyped_storage().nbytes() // value.element_size() - value.storage_offset()
        if room < value.numel():
            return value * 0
        return value.as_strided(value.shape, steps).clone()

    return reread(f"strides of {argument} ignored", argument, change)


def of_outputs(contract: FunctionContract) -> Iterator[Effect]:
    """Yield what can be wrong with each output."""
    for number, output in enumerate(contract.results):
        yield another(number, output.name)
        if output.name == "status":
            yield forgotten(number, output.name)
        elif "float" in output.dtype:
            yield last_bit(number, output.name)


def is_float(argument: Argument) -> bool:
    """Whether an argument is of floating-point numbers."""
    return "float" in argument.dtype
