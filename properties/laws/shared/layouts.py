"""The law of layouts: strides mean what they say, all together and each by itself."""

from collections.abc import Iterator
from itertools import combinations
from typing import Any
from zlib import crc32

from draftproof.properties.cases.roomy import NUMBERS, roomy
from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import Argument, Arrays, FunctionContract
from draftproof.properties.core.law import Law
from draftproof.properties.core.layouts import TOGETHER, Layout, contiguous, layouts_of
from draftproof.properties.core.memory import differing, same_bits, whole_buffer
from draftproof.properties.core.promises import LAYOUTS, REPEATING
from draftproof.properties.core.subject import FunctionSubject
from draftproof.properties.core.verdict import Verdict

PARTS = 6
"""Each argument's layouts are spread over so many cases; the case's seed says which part it has."""

ROUNDS = {"small": 1, "standard": 2, "deep": 12}
"""How often every layout of every argument is tried, for each choice of the call's keywords."""

COST, MOST = 5e3, 2e5
"""What a case may cost, in elements, and the last one of each round after the first."""


def check_layouts(contract: FunctionContract, subject: FunctionSubject, case: Case) -> Verdict:
    """Call with views of every kind; the bits stay those of contiguous copies of the same values."""
    verdict = Verdict()
    inputs, keywords = contract.fill(case), contract.call_keywords(case)

    def answer(placed: dict[str, Any]) -> Arrays:
        return subject.collect(subject.launch(placed, keywords), case.shape, case.dtype)

    plain = subject.place(inputs, case.dtype)
    expected = answer(plain)
    for layout in TOGETHER:
        different = differing(expected, answer(subject.place(inputs, case.dtype, layout)))
        where = f"{different}, with all arguments: {layout.name}"
        verdict.expect(not different, where, "the answer for contiguous inputs", "another")
    alone = (
        (argument, layout)
        for argument in contract.arguments
        if (array := inputs[argument.name]) is not None and array.size
        for layout in layouts_of(array.shape, subject.device, argument.mutated)
        if part_of(argument, layout) == case.seed % NUMBERS % PARTS
    )
    for argument, layout in alone:
        view = subject.lay(argument, inputs[argument.name], case.dtype, layout)
        wanted = answer({**plain, argument.name: contiguous(view)}) if layout.repeats else expected
        different = differing(wanted, answer({**plain, argument.name: view}))
        where = f"{different}, with {argument.name} {layout.name}"
        verdict.expect(not different, where, "the answer for contiguous inputs", "another")
    if case.seed % NUMBERS % PARTS == 0:
        for one, other in alike(contract, inputs):
            separate = answer(subject.place({**inputs, other: inputs[one]}, case.dtype))
            placed = subject.place(inputs, case.dtype)
            before = whole_buffer(placed[one])
            different = differing(separate, answer({**placed, other: placed[one]}))
            where = f"{different}, with {one} given as {other} too"
            verdict.expect(not different, where, "the answer for two copies", "another")
            verdict.expect(same_bits(before, whole_buffer(placed[one])), one, "unchanged", "other content")
    return verdict


def alike(contract: FunctionContract, inputs: Arrays) -> Iterator[tuple[str, str]]:
    """Yield the pairs of arguments for which a caller can give one array."""
    given = [a for a in contract.arguments if inputs[a.name] is not None and not a.mutated]
    for one, other in combinations(given, 2):
        if (one.axes, one.dtype) == (other.axes, other.dtype):
            yield one.name, other.name


def part_of(argument: Argument, layout: Layout) -> int:
    """Return which part of the cases tries an argument in a layout."""
    return crc32(f"{argument.name} {layout.name}".encode()) % PARTS


def layout_cases(contract: FunctionContract, device: str, budget: str, seed: int) -> list[Case]:
    """Return cases that try every layout of every argument, at least once for each choice of keywords.

    An interpreter gets the shortest rows.
    """
    if device == "interpreter":
        costs = [0.0] * PARTS
    else:
        costs = [COST] * PARTS + ([COST] * (PARTS - 1) + [MOST]) * (ROUNDS[budget] - 1)
    return [case for number, cost in enumerate(costs) for case in roomy(contract, number, seed, cost=cost)]


LAYOUT = Law(
    "layouts",
    "Every stride of every argument, overlaps, offsets and gaps give the bits of contiguous copies.",
    check_layouts,
    cases=layout_cases,
    needs=(REPEATING, LAYOUTS),
)
