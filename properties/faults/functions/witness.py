"""A fault proves itself one: on an input within the contract that triggers it, its answer is wrong."""

import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import Arrays, FunctionContract
from draftproof.properties.core.memory import same_bits
from draftproof.properties.core.subject import FunctionSubject
from draftproof.properties.faults.functions.fault import Fault, Faulty, Function

ATTEMPTS = 24
"""Inputs tried before a fault counts as one that cannot be triggered."""
SMALL = 40
"""Sizes from which an input's are drawn unless the fault says otherwise."""
CHOICE = 3
COST = 3e6
"""The most elements that an input may have."""


def prove(contract: FunctionContract, function: Function, fault: Fault) -> Case | None:
    """Return a case on which the fault shows; None if none of a handful does."""
    rng = np.random.default_rng(zlib.crc32(fault.name.encode()))
    for attempt in range(ATTEMPTS):
        case = draw_case(contract, rng, fault, attempt)
        if case is not None and shows(contract, function, fault, case, rng):
            return case
    return None


def draw_case(
    contract: FunctionContract, rng: np.random.Generator, fault: Fault, attempt: int
) -> Case | None:
    """Return a plain case with the fault's sizes and options; None if it would be too long."""
    shape = {axis: int(rng.choice(_small(sizes))) for axis, sizes in contract.sizes.items()}
    where = fault.where
    shape |= {axis: size for axis, size in where.sizes.items() if axis in shape}
    if contract.batch in shape and contract.batch not in where.sizes:
        shape[contract.batch] = max(2, min(shape[contract.batch], 4))
    options = {
        name: str(rng.choice([c for c in choices if not c.startswith("trace-")]))
        for name, choices in contract.options.items()
    }
    options |= {name: value for name, value in where.options.items() if name in options}
    flags = frozenset[str]()
    if contract.flags and attempt % 2:
        flags = frozenset(str(flag) for flag in rng.choice(contract.flags, 2))
    dtype = str(rng.choice(contract.dtypes))
    case = Case(contract.name, shape, dtype, options, int(rng.integers(1, 2**31)), flags)
    if contract.cost(case) <= COST:
        return case
    small = {axis: size if axis in where.sizes else min(contract.sizes[axis]) for axis, size in shape.items()}
    if contract.batch not in where.sizes:
        small[contract.batch] = 1
    case = Case(contract.name, small, dtype, options, case.seed, flags)
    return case if contract.cost(case) <= COST else None


def _small(sizes: Sequence[int]) -> list[int]:
    """Return the sizes that cost little, and the least whatever they cost: one alone may be special."""
    return sorted({*(size for size in sizes if size <= SMALL), *sorted(sizes)[:CHOICE]})


def shows(
    contract: FunctionContract, function: Function, fault: Fault, case: Case, rng: np.random.Generator
) -> bool:
    """Whether the fault's answer on the case is inadmissible."""
    try:
        inputs = {name: None if a is None else a.copy() for name, a in contract.fill(case).items()}
        for plant in (fault.where.plant, fault.effect.plant):
            if plant is not None:
                plant(inputs, rng)
    except (ValueError, OverflowError):
        return False
    subject = FunctionSubject(contract, Faulty(function, contract, fault), "cpu")
    if fault.family == "concurrency":
        return True  # only chance could show it in one call; the law is tested with it
    if fault.where.before:
        return _shows_later(contract, subject, fault, case, inputs)
    placed = subject.place(inputs, case.dtype)
    for name, lay in fault.where.lay.items():
        if placed.get(name) is not None and placed[name].ndim:
            placed[name] = lay(placed[name])
            inputs[name] = _values(placed[name])
    if _right(contract, subject, placed, inputs, case):
        return False
    # What the right function refuses is outside the contract, and shows nothing.
    return _right(contract, FunctionSubject(contract, function, "cpu"), placed, inputs, case)


def _shows_later(
    contract: FunctionContract, subject: FunctionSubject, fault: Fault, case: Case, inputs: Arrays
) -> bool:
    keywords = contract.call_keywords(case)
    others = [
        contract.fill(Case(case.operation, case.shape, case.dtype, case.options, n + 1)) for n in (0, 1)
    ]
    placed = subject.place(inputs, case.dtype)
    if fault.where.refusal:
        try:
            subject.call(dict.fromkeys(placed), keywords)
        except Exception:
            return not _right(contract, subject, placed, inputs, case)
        return False
    first = subject.call(placed, keywords)
    kept = [output.clone() for output in first]
    for number in range(fault.where.before + 1):
        other = others[number % 2]
        for name, array in other.items():
            if array is not None and placed.get(name) is not None and placed[name].shape == array.shape:
                placed[name].copy_(subject.place({**other}, case.dtype)[name])
        if not _right(contract, subject, placed, {**inputs, **_same_shaped(inputs, other)}, case):
            return True
        if any(not same_bits(a, b) for a, b in zip(first, kept, strict=True)):
            return True
    shape = {axis: max(1, size - 1) if axis == contract.batch else size for axis, size in case.shape.items()}
    smaller = Case(case.operation, shape, case.dtype, case.options, 7)
    filled = contract.fill(smaller)
    return not _right(contract, subject, subject.place(filled, case.dtype), filled, smaller)


def _same_shaped(inputs: Arrays, other: Arrays) -> Arrays:
    return {
        name: array
        for name, array in other.items()
        if array is not None and (mine := inputs[name]) is not None and mine.shape == array.shape
    }


def _right(
    contract: FunctionContract, subject: FunctionSubject, placed: dict[str, Any], inputs: Arrays, case: Case
) -> bool:
    keywords = contract.call_keywords(case)
    try:
        results = subject.collect(subject.launch(placed, keywords), case.shape, case.dtype)
    except Exception:
        return False
    return contract.judge(inputs, keywords, results).passed


def _values(placed: Any) -> np.ndarray:
    if isinstance(placed, np.ndarray):
        return np.ascontiguousarray(placed)
    tensor = placed.float() if str(placed.dtype) == "torch.bfloat16" else placed
    values: np.ndarray = tensor.contiguous().numpy().copy()
    return values
