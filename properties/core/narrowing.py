"""A contract narrowed to what a backend promises: every law, judge and input then follows from it."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import Argument, Arrays, Contract, FunctionContract
from draftproof.properties.core.promises import ABSENT, STRICT, Promises
from draftproof.properties.core.verdict import Verdict

LEAST_UNIFORM = 2.0**-33
"""What stands for 0 where it is no uniform: the least that cuRAND draws."""


def narrow(contract: Contract, promises: Promises) -> Contract:
    """Return the contract as it is for a backend that promises this; only functions have anything to narrow.

    Sizes, dtypes, options and features stay those of the case list, which chooses among them.
    """
    if not isinstance(contract, FunctionContract):
        return contract
    judge: Callable[..., Verdict] = contract.judge
    outputs = contract.outputs
    if promises.leniency != STRICT:
        judge = partial(judge, leniency=promises.leniency)
    if promises.status == ABSENT:
        judge = partial(_judge_without_status, judge)
        outputs = tuple(output for output in outputs if output.name != "status")
    return replace(
        contract,
        arguments=tuple(_narrow_argument(argument, promises) for argument in contract.arguments),
        outputs=outputs,
        fill=partial(_fill, contract, promises),
        judge=judge,
        leniency=promises.leniency,
    )


def _judge_without_status(
    judge: Callable[..., Verdict], inputs: Arrays, keywords: dict[str, Any], outputs: Arrays
) -> Verdict:
    rows = len(next(array for array in outputs.values() if array is not None))
    verdict: Verdict = judge(inputs, keywords, {**outputs, "status": np.zeros(rows, np.int32)})
    return verdict


def _narrow_argument(argument: Argument, promises: Promises) -> Argument:
    narrowed = replace(argument, without=promises.without)
    if is_uniform(argument):
        dtypes = promises.options.get("uniforms", ())
        if len(dtypes) == 1:
            narrowed = replace(narrowed, dtype=dtypes[0])
        if promises.interval == "(0, 1]":
            narrowed = replace(narrowed, domain=(LEAST_UNIFORM, 1))
    return narrowed


def is_uniform(argument: Argument) -> bool:
    """Whether an argument holds the randomness of a draw."""
    return argument.domain == (0, 1)


def _fill(contract: FunctionContract, promises: Promises, case: Case) -> Arrays:
    inputs = contract.fill(case)
    for argument in contract.arguments:
        array = inputs[argument.name]
        if array is None:
            continue
        if promises.interval == "(0, 1]" and is_uniform(argument):
            inputs[argument.name] = np.where(array == 0, LEAST_UNIFORM, array).astype(array.dtype)
        elif argument.axes[-1] == "V" and array.size:
            if "zero_row" in promises.without:
                array = _filled(array)
            if "unnormalised" in promises.without:
                array = _normalised(array)
            inputs[argument.name] = array
    return inputs


def _filled(rows: np.ndarray) -> np.ndarray:
    """Return rows of which those that have no mass are flat."""
    empty = ~((rows > 0) & np.isfinite(rows)).any(-1, keepdims=True)
    filled: np.ndarray = np.where(empty, rows.dtype.type(1 / rows.shape[-1]), rows)
    return filled


def _normalised(rows: np.ndarray) -> np.ndarray:
    """Divide rows by their sums; one without mass, or not finite, stays as it is."""
    with np.errstate(invalid="ignore", over="ignore"):
        totals = rows.sum(-1, keepdims=True, dtype=np.float64)
        usable = np.isfinite(totals) & (totals > 0)
        scaled: np.ndarray = np.where(usable, rows / np.where(usable, totals, 1.0), rows).astype(rows.dtype)
    return scaled


def cast_uniforms(contract: FunctionContract, inputs: Arrays) -> Arrays:
    """Return inputs whose uniforms have the one dtype that a narrowed contract takes, if it is one."""
    kinds = {argument.name: argument.dtype for argument in contract.arguments if argument.domain is not None}
    return {
        name: array
        if array is None or kinds.get(name) not in ("float32", "float64")
        else array.astype(kinds[name])
        for name, array in inputs.items()
    }
