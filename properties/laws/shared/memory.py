"""Laws about memory: what is read, what is written, and where it lies."""

from typing import Any

from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import Arrays, FunctionContract
from draftproof.properties.core.law import Law
from draftproof.properties.core.layouts import Layout
from draftproof.properties.core.memory import differing, poisoned, same_bits, surroundings, whole_buffer
from draftproof.properties.core.promises import REPEATING
from draftproof.properties.core.subject import FunctionSubject
from draftproof.properties.core.verdict import Verdict


def _run(subject: FunctionSubject, placed: dict[str, Any], keywords: dict[str, Any], case: Case) -> Arrays:
    return subject.collect(subject.launch(placed, keywords), case.shape, case.dtype)


def check_inputs_unchanged(contract: FunctionContract, subject: FunctionSubject, case: Case) -> Verdict:
    """Compare every input with a copy taken before the call."""
    verdict = Verdict()
    placed = subject.place(contract.fill(case), case.dtype)
    written = {argument.name for argument in contract.mutated}
    before = {
        name: whole_buffer(value)
        for name, value in placed.items()
        if value is not None and name not in written
    }
    subject.call(placed, contract.call_keywords(case))
    for name, copy in before.items():
        verdict.expect(
            same_bits(copy, whole_buffer(placed[name])), name, "unchanged by the call", "other content"
        )
    return verdict


def check_fully_written(contract: FunctionContract, subject: FunctionSubject, case: Case) -> Verdict:
    """Call with uninitialised memory poisoned in two ways; the answer may not depend on it."""
    verdict = Verdict()
    placed, keywords = subject.place(contract.fill(case), case.dtype), contract.call_keywords(case)
    answers = []
    for kind in ("nan", "large"):
        with poisoned(kind, subject.device) as allocations:
            answers.append(_run(subject, placed, keywords, case))
        damaged = sum(allocation.damaged() for allocation in allocations)
        verdict.expect(damaged == 0, "guard zones of outputs", "untouched", f"{damaged} elements overwritten")
        if not allocations:
            verdict.unobserved = "it takes its memory from where nobody looks"
    if REPEATING in subject.promises.withheld:
        return verdict
    different = differing(*answers)
    verdict.expect(not different, different, "the same answer whatever the memory held before", "two answers")
    return verdict


def check_red_zones(contract: FunctionContract, subject: FunctionSubject, case: Case) -> Verdict:
    """Surround every input with guard zones: they stay untouched, and their content does not matter."""
    verdict = Verdict()
    inputs, keywords = contract.fill(case), contract.call_keywords(case)
    answers = []
    for kind in ("nan", "large"):
        placed = subject.place(inputs, case.dtype, Layout("guarded", guard=kind))
        before = {name: surroundings(value) for name, value in placed.items() if value is not None}
        results = subject.call(placed, keywords)
        answers.append(subject.collect(results, case.shape, case.dtype))
        for name, copy in before.items():
            verdict.expect(
                same_bits(copy, surroundings(placed[name])),
                f"guard zones of {name}",
                "untouched",
                "overwritten",
            )
    if REPEATING in subject.promises.withheld:
        return verdict
    different = differing(*answers)
    verdict.expect(
        not different, different, "the same answer whatever lies around the inputs", "out-of-bounds reads"
    )
    return verdict


INPUTS_UNCHANGED = Law(
    "inputs unchanged", "No input, nor the memory around it, is modified.", check_inputs_unchanged, share=0.12
)
FULLY_WRITTEN = Law(
    "fully written",
    "Every output element is written, none outside, whatever the memory held before.",
    check_fully_written,
    share=0.12,
)
RED_ZONES = Law("red zones", "Nothing outside the inputs is read or written.", check_red_zones, share=0.12)
