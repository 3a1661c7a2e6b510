"""The law of extreme values: whatever number stands in one place of an argument, the answer is right."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import Arrays, FunctionContract
from draftproof.properties.core.law import Law
from draftproof.properties.core.subject import FunctionSubject
from draftproof.properties.core.verdict import Verdict
from draftproof.properties.inputs.extremes import extremes
from draftproof.properties.inputs.sampling import rounded

PLACES = ("first", "any", "last", "all")
"""Where in its row a value is planted."""

CASES = {"small": 4, "standard": 12, "deep": 48}
LARGEST = 4000
"""Elements of a request, arguments and results together."""

PARTS = 3
"""What is planted in what rows share is spread over so many cases, by their seeds: each is a call."""
FEW = 9
"""Rows of such a call."""

INTERPRETED = 6
"""Rows that an interpreter, which runs one program at a time, gets of each case."""


def check_values(contract: FunctionContract, subject: FunctionSubject, case: Case) -> Verdict:
    """Plant every value in every argument, one in each row of a batch, and judge the answer.

    What all rows share gets one value for a call.
    """
    rng, keywords = np.random.default_rng(case.seed), contract.call_keywords(case)

    def judged(planted: Arrays, rows: int) -> Verdict:
        shape = {**case.shape, contract.batch: rows}
        return contract.judge(planted, keywords, subject(planted, keywords, shape, case.dtype))

    verdict = judged(*_plant_rows(contract, subject, case, rng))
    few = min(case.shape[contract.batch], FEW)
    inputs = contract.rows.take(contract.fill(case), slice(few))
    for name, planted in _plant_shared(contract, subject, inputs, rng, case.seed % PARTS):
        verdict.absorb(judged({**inputs, name: planted}, few), f"with other {name}, ")
    return verdict


def _plant_rows(
    contract: FunctionContract, subject: FunctionSubject, case: Case, rng: np.random.Generator
) -> tuple[Arrays, int]:
    """Return a batch with one value in each row, and how many rows it has."""
    inputs = contract.fill(case)
    plants = list(_plants(contract, inputs))
    if subject.device == "interpreter":
        plants = [plants[n] for n in sorted(rng.permutation(len(plants))[:INTERPRETED])]
    batch = case.shape[contract.batch]
    # Two rows stay as they are: a request that is asked twice. Neighbours differ in what is planted alone.
    rows = np.concatenate([[0, 0], np.arange(len(plants)) * batch // max(len(plants), 1)])
    planted = {name: None if a is None else a.copy() for name, a in contract.rows.take(inputs, rows).items()}
    for row, (name, value, place) in enumerate(plants, 2):
        array = planted[name]
        assert array is not None
        array[row] = _with(array[row], value, place, rng)
    for argument in contract.arguments:
        array = planted[argument.name]
        if argument.dtype == "float" and array is not None:
            planted[argument.name] = rounded(array, case.dtype)
    return planted, len(rows)


def _with(array: np.ndarray, value: float, place: str, rng: np.random.Generator) -> np.ndarray:
    """Return a copy of an array with a value in one of PLACES."""
    flat = array.reshape(-1).copy()
    some = int(rng.integers(flat.size))
    at = {"first": slice(1), "last": slice(-1, None), "all": slice(None), "any": slice(some, some + 1)}[place]
    flat[at] = value
    return flat.reshape(array.shape)


def _plants(contract: FunctionContract, inputs: Arrays) -> Iterator[tuple[str, float, str]]:
    for argument in contract.arguments:
        array = inputs[argument.name]
        if array is None or argument.axes[:1] != (contract.batch,) or not array.size:
            continue
        for _, value in extremes(argument).values():
            for place in PLACES if array[0].size > 1 else PLACES[:1]:
                if "zero_row" not in argument.without or value > 0 or (place != "all" and len(array[0]) > 1):
                    yield argument.name, value, place


def _plant_shared(
    contract: FunctionContract, subject: FunctionSubject, inputs: Arrays, rng: np.random.Generator, part: int
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield a part of: each argument that rows share, all of one value or with it in one place."""
    found = []
    for argument in contract.arguments:
        array = inputs[argument.name]
        if array is None or argument.axes[:1] == (contract.batch,) or not array.size:
            continue
        for _, value in extremes(argument).values():
            place = str(rng.choice(PLACES[:-1]))
            found += [(argument.name, _with(array, value, each, rng)) for each in ("all", place)]
    yield from found[part::PARTS][: INTERPRETED if subject.device == "interpreter" else None]


def value_cases(contract: FunctionContract, device: str, budget: str, seed: int) -> list[Case]:
    """Return generated cases of short rows: plain ones, then some with hostile features beside."""
    from draftproof.properties.cases.plan import cases  # a plan knows contracts, and they know this law

    short = [
        case
        for case in cases(contract, device, "deep" if budget == "deep" else "standard", seed)
        if case.shape[contract.batch] > 0
        and contract.cost(case) <= LARGEST * case.shape[contract.batch]
        and not case.options.get("rows", "").startswith("trace-")
    ]
    plain = [case for case in short if not case.flags]
    flagged = [case for case in short if case.flags]
    chosen = plain[: CASES[budget]] + flagged[: CASES[budget] // 2]
    return [replace(case, seed=case.seed // PARTS * PARTS + n % PARTS) for n, case in enumerate(chosen)]


VALUES = Law(
    "values",
    "Whatever number stands in a place of an argument, be it NaN or the largest, the answer is the rule's.",
    check_values,
    cases=value_cases,
)
