"""Laws about the batch: rows are independent and answers repeat, bit for bit."""

import math
from dataclasses import replace

import numpy as np

from draftproof.properties.cases.roomy import roomy
from draftproof.properties.core.batch import EVERY_ARGUMENT
from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import Arrays, FunctionContract
from draftproof.properties.core.law import Law
from draftproof.properties.core.memory import same_bits
from draftproof.properties.core.promises import INDEPENDENT_ROWS, REPEATING
from draftproof.properties.core.subject import FunctionSubject
from draftproof.properties.core.verdict import Verdict
from draftproof.properties.judges.equality import required

REPEATS = 3

BATCHES = {"numpy": (257, 129), "cpu": (257, 129), "interpreter": (), "cuda": (257, 129)}
"""Batches of different rows that are taken apart besides those of the generated cases."""

MANY = {
    "numpy": (129, 257, 1025),
    "cpu": (129, 257, 1025, 66_000, 131_077, 2**24 + 5),
    "interpreter": (17,),
    "cuda": (129, 257, 1025, 66_000, 131_077, 2**24 + 5),
}
"""Batches to which rows are repeated: behind blocks of 128 to 1024, a grid's 65,535, float32's integers."""

MOST = 2**26
"""Elements of arguments and results beyond which a batch is not made."""

WHOLE = EVERY_ARGUMENT
"""How answers are taken apart."""


def check_rows_independent(contract: FunctionContract, subject: FunctionSubject, case: Case) -> Verdict:
    """Permute, split and pad the batch; each row keeps its answer."""
    verdict = Verdict()
    batch, of = contract.batch, contract.rows
    size = case.shape[batch]
    inputs, keywords = contract.fill(case), contract.call_keywords(case)
    strangers = contract.fill(replace(case, seed=case.seed + 1))

    def answer(part: Arrays, rows: int) -> Arrays:
        return subject(part, keywords, {**case.shape, batch: rows}, case.dtype)

    whole = answer(inputs, size)
    order = np.random.default_rng(case.seed).permutation(size)
    half = size // 2
    halves = (
        answer(of.take(inputs, slice(half)), half),
        answer(of.take(inputs, slice(half, None)), size - half),
    )
    padded = answer(of.join(inputs, strangers), 2 * size)
    variants = {
        "permuted": (WHOLE.take(whole, order), answer(of.take(inputs, order), size)),
        "split in two": (whole, WHOLE.join(*halves)),
        "padded with other rows": (whole, WHOLE.take(padded, slice(size))),
    }
    for name, (expected, got) in variants.items():
        for output in expected:
            different = _different_rows(required(expected, output), required(got, output))
            verdict.expect(
                not different, f"{output}, the batch {name}", "each row's own answer", "; ".join(different)
            )
    return verdict


def _different_rows(expected: np.ndarray, got: np.ndarray) -> list[str]:
    """Return the first rows whose bits differ, with what they were and are."""
    if same_bits(np.ascontiguousarray(expected), np.ascontiguousarray(got)):
        return []
    rows = np.flatnonzero((_bits(expected) != _bits(got)).any(axis=1))
    return [f"row {row}: {got[row]!s:.80} for {expected[row]!s:.80}" for row in rows[:2]]


def _bits(rows: np.ndarray) -> np.ndarray:
    """Return the elements of each row as unsigned integers with the same bits."""
    words = np.ascontiguousarray(rows).view(f"u{rows.itemsize}")
    return words.reshape(len(rows), math.prod(rows.shape[1:]))


def check_repeatable(contract: FunctionContract, subject: FunctionSubject, case: Case) -> Verdict:
    """Call several times; every bit repeats."""
    verdict = Verdict()
    keywords = contract.call_keywords(case)
    placed = subject.place(contract.fill(case), case.dtype)
    answers = [
        subject.collect(subject.launch(placed, keywords), case.shape, case.dtype) for _ in range(REPEATS)
    ]
    for number, answer in enumerate(answers[1:], 2):
        for name, array in answer.items():
            verdict.expect(
                same_bits(answers[0][name], array), f"{name}, call {number}", "as in call 1", "other bits"
            )
    return verdict


def check_many_rows(contract: FunctionContract, subject: FunctionSubject, case: Case) -> Verdict:
    """Repeat the batch to the sizes at which grids and blocks end: every row has the answer it has alone."""
    verdict, batch = Verdict(), contract.batch
    inputs, keywords = contract.fill(case), contract.call_keywords(case)
    alone = subject(inputs, keywords, case.shape, case.dtype)
    for size in MANY[subject.device] if case.shape[batch] else ():
        shape = {**case.shape, batch: size}
        if contract.cost(case.reshaped(**{batch: size})) > MOST:
            continue
        turns = np.arange(size) % case.shape[batch]
        many = subject(contract.rows.take(inputs, turns), keywords, shape, case.dtype)
        for output, array in many.items():
            different = _different_rows(required(alone, output)[turns], required({output: array}, output))
            where = f"{output}, the batch repeated to {size} rows"
            verdict.expect(not different, where, "each row's own answer", "; ".join(different))
    return verdict


def rows_cases(contract: FunctionContract, device: str, budget: str, seed: int) -> list[Case]:
    """Return a quarter of the generated cases, and batches behind powers of two."""
    from draftproof.properties.cases.plan import cases  # a plan knows contracts, and they know this law

    generated = cases(contract, device, budget, seed)
    chosen = generated[: max(2 * len(contract.dtypes), len(generated) // 4)]
    for number, size in enumerate(BATCHES[device]):
        each = list(roomy(contract, number, seed, least=2 + number))
        chosen.append(each[number % len(each)].reshaped(**{contract.batch: size}))
    return chosen


def many_rows_cases(contract: FunctionContract, device: str, budget: str, seed: int) -> list[Case]:
    """Return requests of the shortest rows, which repeat most often, and of longer ones.

    They are so many that what is left of a batch's end is seldom the answer by chance.
    """
    short = [case for number in (0, 1) for case in roomy(contract, number, seed, least=2 + number)]
    return [case.reshaped(**{contract.batch: 7}) for case in short]


ROWS_INDEPENDENT = Law(
    "rows independent",
    "Permuting, splitting or padding the batch does the same to the answer, bit for bit.",
    check_rows_independent,
    cases=rows_cases,
    needs=(REPEATING, INDEPENDENT_ROWS),
)
MANY_ROWS = Law(
    "many rows",
    "In a batch of thousands each row has the answer that it has in a batch of a few.",
    check_many_rows,
    cases=many_rows_cases,
    needs=(REPEATING, INDEPENDENT_ROWS),
)
REPEATABLE = Law(
    "repeatable",
    "The same call gives the same bits.",
    check_repeatable,
    share=0.12,
    needs=(REPEATING,),
)
