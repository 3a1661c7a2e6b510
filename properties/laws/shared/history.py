"""Laws about what came before: an answer depends on its own call only, and stays what it was."""

from collections.abc import Iterator
from contextlib import suppress

from draftproof.properties.cases.roomy import other_case, roomy
from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import Arrays, FunctionContract
from draftproof.properties.core.law import Law
from draftproof.properties.core.layouts import contiguous
from draftproof.properties.core.memory import differing, overwrite, same_bits
from draftproof.properties.core.promises import REPEATING
from draftproof.properties.core.subject import FunctionSubject
from draftproof.properties.core.verdict import Verdict
from draftproof.properties.laws.shared.caller import Caller, Placed, compare

CASES = {"small": 2, "standard": 3, "deep": 24}
"""Cases for each choice of the call's keywords."""

COST = 5e3
"""What a case may cost, in elements."""

RING = 3
"""Calls with other values after which an answer is looked at: results may lie in as many buffers in turn."""

CALLS = {"numpy": 258, "cpu": 258, "interpreter": 9, "cuda": 300}
"""Calls one after the other: more than a byte counts."""

KEPT = 256
"""Bytes that each call may leave allocated on a device, on average: half of the least that is handed out."""


def check_history(contract: FunctionContract, subject: FunctionSubject, case: Case) -> Verdict:
    """Call with other values, sizes, options and storage in between, and with what ought to be refused."""
    verdict = Verdict()
    caller = Caller(contract, subject, case)
    follower, stranger = (
        caller.another(),
        Caller(contract, subject, other_case(contract, case, subject.promises)),
    )

    def expect(wanted: Arrays, got: Arrays, when: str) -> None:
        different = differing(wanted, got)
        verdict.expect(not different, f"{different}, {when}", "the answer of the first call", "another")

    held = caller.launch()
    first, second = caller.read(held), follower.answer()
    expect(first, caller.read(held), "looked at again after the next call")
    verdict.absorb(
        contract.judge(follower.inputs, follower.keywords, second), "after a call with other values: "
    )
    third = stranger.answer()
    verdict.absorb(contract.judge(stranger.inputs, stranger.keywords, third), "after a call of other sizes: ")
    expect(first, caller.answer(), "after a call of other sizes and options")
    for wrong, what in _refused(contract, caller.placed):
        follower.launch()  # so that the last good answer is another
        with suppress(Exception):  # whether it is refused is not the question here
            caller.launch(wrong)
        expect(first, caller.answer(), f"after a call with {what}")

    storage = caller.copies()
    latest = caller.launch(storage)
    for name, value in follower.placed.items():
        if value is not None:
            storage[name][...] = value
    expect(first, caller.read(latest), "looked at again after its inputs were overwritten")
    expect(second, follower.answer(storage), "where other values lay before")
    for _ in range(RING):
        follower.launch()
    expect(first, caller.read(held), "looked at again after some calls with other values")
    verdict.absorb(_written_into(caller, first))
    return verdict


def _refused(contract: FunctionContract, placed: Placed) -> Iterator[tuple[Placed, str]]:
    """Yield calls with one argument that ought to be refused, and that can do no harm where it is not."""
    for argument in contract.arguments:
        value = placed[argument.name]
        if value is not None:
            yield {**placed, argument.name: object()}, f"an object as {argument.name}"
    for argument in contract.arguments:
        value = placed[argument.name]
        if value is not None and argument.dtype.startswith("float"):
            # Wider: whoever does not look reads other values, but none outside.
            wider = value.astype("float64") if hasattr(value, "astype") else value.double()
            yield {**placed, argument.name: wider}, f"{argument.name} in float64"
            return


def _written_into(caller: Caller, first: Arrays) -> Verdict:
    """Write into each result: no other result, no input and no later answer changes."""
    verdict = Verdict()
    for number, name in enumerate(first):
        inputs, results = caller.copies(), caller.launch()
        if not overwrite(results[number]):
            continue
        others = {other: array for other, array in caller.read(results).items() if other != name}
        given = {key: value for key, value in inputs.items() if value is not None}
        now = {key: contiguous(caller.placed[key]) for key in given}
        later = caller.answer()
        for kept, got, what in (
            ({other: first[other] for other in others}, others, "after {} was written into"),
            (given, now, "after {} was written into"),
            (first, later, "after the {} of the last answer was written into"),
        ):
            different = differing(kept, got)
            verdict.expect(not different, f"{different}, {what.format(name)}", "as before", "another")
    return verdict


def check_many_calls(contract: FunctionContract, subject: FunctionSubject, case: Case) -> Verdict:
    """Call some hundred times with two sets of inputs, in turn at last: answers stay the first ones."""
    verdict, caller = Verdict(), Caller(contract, subject, case)
    callers = (caller, caller.another())
    held = [each.launch() for each in callers]
    firsts = [tuple(contiguous(result) for result in results) for results in held]
    before, calls = _allocated(subject), CALLS[subject.device]
    for number in range(2, calls):
        which = number % 2 if number >= calls // 4 else 1
        answer = callers[which].launch()
        for argument, one, other in zip(contract.results, firsts[which], answer, strict=True):
            where, wanted = f"{argument.name}, call {number + 1}", f"as in call {which + 1}"
            verdict.expect(same_bits(one, contiguous(other)), where, wanted, "other bits")
        del answer
        if not verdict.passed:
            return verdict
    grown = _allocated(subject) - before
    for number in (0, 1):
        compare(verdict, f"call {number + 1}, looked at again after {calls}", firsts[number], held[number])
    verdict.expect(
        grown < KEPT * calls,
        "memory",
        f"no more than {KEPT} bytes kept by each of {calls} calls",
        f"{grown} bytes",
    )
    return verdict


def _allocated(subject: FunctionSubject) -> int:
    """Return the bytes allocated on the subject's device; a processor's are not counted."""
    if subject.device != "cuda":
        return 0
    import torch

    return int(torch.cuda.memory_allocated())


def history_cases(contract: FunctionContract, device: str, budget: str, seed: int) -> list[Case]:
    """Return small cases with every argument given; one for an interpreter."""
    numbers, cost = (range(1), 0.0) if device == "interpreter" else (range(CASES[budget]), COST)
    return [case for number in numbers for case in roomy(contract, number, seed, cost=cost)]


def many_calls_cases(contract: FunctionContract, device: str, budget: str, seed: int) -> list[Case]:
    """Return the smallest case with every argument given."""
    return list(roomy(contract, 0, seed, least=2))[:1]


HISTORY = Law(
    "history",
    "An answer depends on its own call only, owns its memory, and stays what it was.",
    check_history,
    cases=history_cases,
    needs=(REPEATING,),
)
MANY_CALLS = Law(
    "many calls",
    "Calls beyond the 256th answer as the first, and leave no memory behind.",
    check_many_calls,
    cases=many_calls_cases,
    needs=(REPEATING,),
)
