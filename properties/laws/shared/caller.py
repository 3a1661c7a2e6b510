"""One subject on one case, called again and again."""

from dataclasses import replace
from typing import Any, Self

from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import Arrays, FunctionContract
from draftproof.properties.core.layouts import contiguous
from draftproof.properties.core.memory import same_bits
from draftproof.properties.core.subject import FunctionSubject
from draftproof.properties.core.verdict import Verdict

Placed = dict[str, Any]


class Caller:
    """A subject with a case's arguments, where the subject wants them."""

    def __init__(self, contract: FunctionContract, subject: FunctionSubject, case: Case) -> None:
        self.contract, self.subject, self.case = contract, subject, case
        self.inputs, self.keywords = contract.fill(case), contract.call_keywords(case)
        self.placed = subject.place(self.inputs, case.dtype)

    def another(self) -> Self:
        """Return a caller with other values of the same sizes."""
        return type(self)(self.contract, self.subject, replace(self.case, seed=self.case.seed + 1))

    def launch(self, placed: Placed | None = None) -> tuple[Any, ...]:
        """Call with the case's arguments, or with others like them."""
        return self.subject.launch(self.placed if placed is None else placed, self.keywords)

    def read(self, results: tuple[Any, ...]) -> Arrays:
        """Return a copy of what results hold now."""
        collected = self.subject.collect(results, self.case.shape, self.case.dtype)
        return {name: None if array is None else array.copy() for name, array in collected.items()}

    def answer(self, placed: Placed | None = None) -> Arrays:
        """Call, and return a copy of the answer."""
        return self.read(self.launch(placed))

    def copies(self) -> Placed:
        """Return copies of the placed arguments, each in one piece."""
        return {name: None if value is None else contiguous(value) for name, value in self.placed.items()}


def compare(verdict: Verdict, where: str, expected: tuple[Any, ...], got: tuple[Any, ...]) -> None:
    """Expect the bits of results launched alone."""
    for number, (one, two) in enumerate(zip(expected, got, strict=True)):
        verdict.expect(same_bits(one, two), f"output {number}, {where}", "as at first, alone", "other bits")
