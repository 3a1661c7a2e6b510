"""Hold the suite against a mutant: which laws reject it, and what they say."""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from draftproof.properties.cases.plan import Check, plan
from draftproof.properties.contracts import CONTRACTS
from draftproof.properties.core.case import Case
from draftproof.properties.core.subject import Subject, subject_of
from draftproof.properties.core.verdict import Finding, worst
from draftproof.properties.mutants.mutant import Mutant

COSTLY = frozenset({"accuracy", "statistics", "offsets past 2^31"})
"""Laws that are held only against a mutant that names them."""

SHALLOW = frozenset({"accuracy"})
"""Laws that look at less in the small budget: the standard one's cases follow."""

ERROR = "error"
"""Stands for the law where the mutant raised instead of answering."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """One case that a mutant failed."""

    law: str
    """The law, or "error"."""
    case: Case
    finding: Finding


def rejections(
    mutant: Mutant, laws: Collection[str], device: str = "cpu", budget: str = "small", seed: int = 0
) -> Iterator[Rejection]:
    """Check the laws named on all their cases, one by one, and yield every case that fails.

    A law that has no case in the small budget takes its cases from the standard one.
    """
    for operation in mutant.operations:
        contract = CONTRACTS[operation]
        subject = subject_of(mutant.module, contract, device)
        assert subject is not None
        for law in contract.laws:
            if law.name not in laws:
                continue
            for case in _cases(subject, law.name, budget, seed):
                try:
                    verdict = law.check(contract, subject, case)
                    subject.synchronise()
                except Exception as error:
                    yield Rejection(
                        ERROR, case, Finding(law.name, "an answer", f"{type(error).__name__}: {error}")
                    )
                    continue
                finding = worst(verdict.findings)
                if finding is not None:
                    yield Rejection(law.name, case, finding)


def _cases(subject: Subject[Any], law: str, budget: str, seed: int) -> list[Case]:
    def planned(budget: str) -> list[Case]:
        checks: list[Check] = plan(subject.contract, subject.device, budget, seed)
        return [check.case for check in checks if check.law.name == law]

    if budget == "small" and law in SHALLOW:
        return planned("small") + planned("standard")
    return planned(budget) or planned("standard")


def judge(mutant: Mutant, device: str = "cpu", budget: str = "small", seed: int = 0) -> dict[str, int]:
    """Return how many cases of each law the mutant fails; under "error" those where it raised."""
    laws = {law.name for operation in mutant.operations for law in CONTRACTS[operation].laws}
    held = laws - COSTLY | set(mutant.killed_by)
    return dict(Counter(rejection.law for rejection in rejections(mutant, held, device, budget, seed)))
