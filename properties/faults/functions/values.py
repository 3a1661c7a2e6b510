"""Faults of value: a row that holds a certain number, two equal rows, an option, an argument left out."""

from collections.abc import Iterator
from itertools import combinations, permutations

import numpy as np

from draftproof.properties.core.contract import Argument, Arrays, FunctionContract
from draftproof.properties.faults.functions.effects import (
    RAISES,
    another,
    forgotten,
    is_float,
    left_out,
    narrow,
    neighbours,
    other_choice,
    replaced,
)
from draftproof.properties.faults.functions.fault import Call, Effect, Fault, Where
from draftproof.properties.inputs.extremes import Test, extremes

MANY = ("all of a row", "one of a row")


def value_faults(contract: FunctionContract) -> Iterator[Fault]:
    """Yield the faults of each value in each argument."""
    names = [output.name for output in contract.results]
    effects = [another(0, names[0])]
    if "status" in names:
        effects.append(forgotten(names.index("status"), "status"))
    for argument in contract.arguments:
        for name, (test, value) in extremes(argument).items():
            for many in MANY if len(argument.axes) > 1 else MANY[1:]:
                where = _holds(contract, argument, name, test, value, many == MANY[0])
                for effect in (*effects, RAISES):
                    yield Fault(where, effect)
        yield from _misread_values(argument)
        if argument.axes[:1] == (contract.batch,):
            yield Fault(_equal_rows(argument), neighbours_of_all(contract, argument))
            yield Fault(_equal_rows(argument), another(0, names[0]))
    batched = [a for a in contract.arguments if a.axes[:1] == (contract.batch,)]
    if len(batched) == len(contract.arguments):
        yield Fault(_equal_requests(batched), another(0, names[0]))


def _misread_values(argument: Argument) -> Iterator[Fault]:
    """Yield what happens to numbers read through a narrower dtype."""
    where = Where(f"any {argument.name}", "values", lambda call: True)
    if not is_float(argument):
        narrower = ["int8", "int16", "float32"] + (["int32"] if argument.dtype == "int64" else [])
    else:
        narrower = ["float16", "bfloat16"] + (["float32"] if "float64" in argument.dtype else [])
        if argument.domain is None:
            yield Fault(where, replaced(argument.name, lambda x: x != x, 0.0, "NaN"))
    for dtype in narrower:
        yield Fault(where, narrow(argument.name, dtype))


def neighbours_of_all(contract: FunctionContract, argument: Argument) -> Effect:
    """Read the neighbour's row of another argument than one."""
    others = [a.name for a in contract.arguments if a.axes[:1] == (contract.batch,) and a is not argument]
    return neighbours(others[0]) if others else RAISES


def choice_faults(contract: FunctionContract) -> Iterator[Fault]:
    """Yield the faults of each option, each optional argument, and each pair of them."""
    first = contract.results[0].name
    conditions = list(_conditions(contract))
    for keyword in contract.keywords:
        values = contract.options.get(keyword, ())
        for value, other in permutations(values, 2):
            yield Fault(_chosen(keyword, value), other_choice(keyword, other))
    for argument in contract.arguments:
        if argument.optional:
            yield Fault(_given(argument.name, True), left_out(argument.name))
    pairs = [_both(a, b) for a, b in combinations(conditions, 2) if a.name.split()[0] != b.name.split()[0]]
    for where in (*conditions, *pairs):
        yield Fault(where, another(0, first))
        yield Fault(where, RAISES)


def _conditions(contract: FunctionContract) -> Iterator[Where]:
    """Yield each choice that a caller has."""
    for keyword in contract.keywords:
        for value in contract.options.get(keyword, ()):
            yield _chosen(keyword, value)
    for argument in contract.arguments:
        if argument.optional:
            yield _given(argument.name, True)
            yield _given(argument.name, False)
        if " or " in argument.dtype:
            for dtype in argument.dtype.split(" or "):
                yield _of_dtype(argument.name, dtype)
    for axis, sizes in contract.sizes.items():
        if 0 in sizes:
            yield _empty(axis)


def _holds(
    contract: FunctionContract, argument: Argument, name: str, test: Test, value: float, whole: bool
) -> Where:
    """Where an argument's row holds a value: everywhere, or at one place at least."""
    batched = argument.axes[:1] == (contract.batch,)

    def rows(call: Call) -> np.ndarray | bool:
        array = call.array(argument.name)
        if array is None or not array.size:
            return False
        with np.errstate(all="ignore"):
            found: np.ndarray = test(array)
        if not batched:
            return bool(found.all() if whole else found.any())
        flat = found.reshape(len(found), -1)
        return np.asarray(flat.all(1) if whole else flat.any(1))

    def plant(inputs: Arrays, rng: np.random.Generator) -> None:
        array = inputs[argument.name]
        if array is None or not array.size:
            return
        planted = int(value) if array.dtype.kind in "iu" else value
        if whole and batched:
            array[rng.integers(len(array))] = planted
        elif whole:
            array[...] = planted
        else:
            array.reshape(-1)[rng.integers(array.size)] = planted

    which = "a row all" if whole else "a row with"
    return Where(f"{argument.name}: {which} {name}", "values", rows, plant=plant)


def _equal_rows(argument: Argument) -> Where:
    def rows(call: Call) -> np.ndarray | bool:
        array = call.array(argument.name)
        return False if array is None else _repeats([array])

    def plant(inputs: Arrays, rng: np.random.Generator) -> None:
        array = inputs[argument.name]
        if array is not None and len(array) > 1:
            array[1] = array[0]

    return Where(
        f"{argument.name}: a row equal to the one before", "values", rows, {argument.axes[0]: 2}, plant=plant
    )


def _equal_requests(arguments: list[Argument]) -> Where:
    def rows(call: Call) -> np.ndarray | bool:
        arrays = [array for a in arguments if (array := call.array(a.name)) is not None]
        return _repeats(arrays)

    def plant(inputs: Arrays, rng: np.random.Generator) -> None:
        for argument in arguments:
            array = inputs[argument.name]
            if array is not None and len(array) > 1:
                array[1] = array[0]

    return Where("a request equal to the one before", "values", rows, {arguments[0].axes[0]: 2}, plant=plant)


def _repeats(arrays: list[np.ndarray]) -> np.ndarray:
    """Return which rows equal the one before in every array."""
    count = len(arrays[0])
    mask = np.zeros(count, bool)
    if count > 1:
        mask[1:] = True
        for array in arrays:
            flat = np.ascontiguousarray(array).reshape(count, -1)
            mask[1:] &= (flat[1:] == flat[:-1]).all(1)
    return mask


def _chosen(keyword: str, value: str) -> Where:
    return Where(
        f"{keyword} = {value}",
        "choices",
        lambda call: call.keywords.get(keyword) == value,
        options={keyword: value},
    )


def _given(argument: str, given: bool) -> Where:
    def plant(inputs: Arrays, rng: np.random.Generator) -> None:
        if not given:
            inputs[argument] = None

    return Where(
        f"{argument} {'given' if given else 'left out'}",
        "choices",
        lambda call: (call.arguments.get(argument) is not None) == given,
        plant=plant,
    )


def _of_dtype(argument: str, dtype: str) -> Where:
    def plant(inputs: Arrays, rng: np.random.Generator) -> None:
        array = inputs[argument]
        if array is not None:
            inputs[argument] = array.astype(dtype)

    def rows(call: Call) -> bool:
        value = call.arguments.get(argument)
        return value is not None and str(value.dtype).removeprefix("torch.") == dtype

    return Where(f"{argument} in {dtype}", "choices", rows, plant=plant)


def _empty(axis: str) -> Where:
    return Where(f"{axis} = 0", "choices", lambda call: call.sizes.get(axis) == 0, {axis: 0})


def _both(one: Where, other: Where) -> Where:
    def rows(call: Call) -> bool:
        return bool(one.rows(call)) and bool(other.rows(call))

    def plant(inputs: Arrays, rng: np.random.Generator) -> None:
        for where in (one, other):
            if where.plant is not None:
                where.plant(inputs, rng)

    return Where(
        f"{one.name} and {other.name}",
        "choices",
        rows,
        {**one.sizes, **other.sizes},
        {**one.options, **other.options},
        plant,
    )
