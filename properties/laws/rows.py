"""Laws about the batch: rows are independent and answers repeat, bit for bit."""

import numpy as np

from draftproof.properties.case import Case
from draftproof.properties.contract import Arrays, Contract
from draftproof.properties.laws.law import Law
from draftproof.properties.memory import same_bits
from draftproof.properties.subject import Subject
from draftproof.properties.verdict import Verdict

REPEATS = 3


def take(inputs: Arrays, rows: np.ndarray | slice) -> Arrays:
    """Return the inputs of some rows of the batch, in the order given."""
    return {name: None if array is None else array[rows] for name, array in inputs.items()}


def check_rows_independent(contract: Contract, subject: Subject, case: Case) -> Verdict:
    """Permute, split and pad the batch; each row keeps its answer."""
    verdict = Verdict()
    batch_axis = contract.arguments[0].axes[0]
    size = case.shape[batch_axis]
    inputs, keywords = contract.fill(case), contract.call_keywords(case)
    rng = np.random.default_rng(case.seed)
    stranger = contract.fill(Case(**{**_fields(case), "seed": case.seed + 1}))

    def answer(part: Arrays, rows: int) -> Arrays:
        return subject(part, keywords, {**case.shape, batch_axis: rows}, case.dtype)

    whole = answer(inputs, size)
    order = rng.permutation(size)
    half = size // 2
    padded = {
        name: None if array is None else np.concatenate([array, stranger[name]])  # type: ignore[list-item]
        for name, array in inputs.items()
    }
    first, second = (
        answer(take(inputs, slice(0, half)), half),
        answer(take(inputs, slice(half, None)), size - half),
    )
    variants = {
        "permuted": (take(whole, order), answer(take(inputs, order), size)),
        "split in two": (whole, {name: np.concatenate([first[name], second[name]]) for name in whole}),  # type: ignore[list-item]
        "padded with other rows": (whole, take(answer(padded, 2 * size), slice(0, size))),
    }
    for name, (expected, got) in variants.items():
        for output in expected:
            verdict.expect(
                same_bits(np.ascontiguousarray(expected[output]), np.ascontiguousarray(got[output])),
                f"{output}, the batch {name}",
                "each row's own answer",
                _first_difference(expected[output], got[output]),
            )
    return verdict


def _fields(case: Case) -> dict[str, object]:
    return {name: getattr(case, name) for name in ("operation", "shape", "dtype", "options", "seed", "flags")}


def _first_difference(expected: np.ndarray | None, got: np.ndarray | None) -> str:
    if expected is None or got is None:
        return "nothing"
    rows = [
        row
        for row in range(len(expected))
        if not same_bits(expected[row : row + 1].copy(), got[row : row + 1].copy())
    ]
    return (
        f"row {rows[0]}: {got[rows[0]].tolist()!s:.80} for {expected[rows[0]].tolist()!s:.80}"
        if rows
        else "-"
    )


def check_repeatable(contract: Contract, subject: Subject, case: Case) -> Verdict:
    """Call several times; every bit repeats."""
    verdict = Verdict()
    keywords = contract.call_keywords(case)
    placed = subject.place(contract.fill(case), case.dtype)
    answers = [subject.collect(subject.launch(placed, keywords), case.shape) for _ in range(REPEATS)]
    for number, answer in enumerate(answers[1:], 2):
        for name, array in answer.items():
            verdict.expect(
                same_bits(answers[0][name], array), f"{name}, call {number}", "as in call 1", "other bits"
            )
    return verdict


ROWS_INDEPENDENT = Law(
    "rows independent",
    "Permuting, splitting or padding the batch does the same to the answer, bit for bit.",
    check_rows_independent,
    share=0.25,
)
REPEATABLE = Law("repeatable", "The same call gives the same bits.", check_repeatable, share=0.25)
