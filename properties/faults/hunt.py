"""Hold the suite against one implementation until it is rejected: the first finding ends it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import groupby
from typing import Any

from draftproof.properties.cases.plan import Check, plan
from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import Arrays, Contract, FunctionContract
from draftproof.properties.core.subject import Subject
from draftproof.properties.core.verdict import Finding, Verdict, worst
from draftproof.properties.faults.functions.fault import Faulty
from draftproof.properties.judges.rounding import too_many_forgiven
from draftproof.properties.laws.shared.admissible import ADMISSIBLE
from draftproof.properties.lockstep.shrinking import without_shrinking

KEPT = 4096
"""Inputs kept in memory, by case."""

DEAR = ("statistics", "accuracy")
"""Laws that take seconds: they come last."""


@dataclass(frozen=True, slots=True)
class Kill:
    """Why an implementation is rejected."""

    law: str
    case: Case
    finding: Finding
    checks: int
    """How many checks it took."""


@cache
def kill_order(name: str, device: str, budget: str, seed: int = 0) -> tuple[Check, ...]:
    """Return an operation's checks, those first that reject soonest: a few cases of each law, then the rest.

    Within a law cheap cases come first.
    """
    from draftproof.properties.contracts import CONTRACTS

    contract = CONTRACTS[name]
    by_law = {
        law: sorted(checks, key=lambda check: contract.cost(check.case) if law not in DEAR else 0)
        for law, checks in (
            (law, list(group)) for law, group in groupby(plan(contract, device, budget, seed), _law)
        )
    }
    cheap = [checks for law, checks in by_law.items() if law not in DEAR]
    dear = [check for law in DEAR for check in by_law.get(law, ())]
    first = [check for checks in cheap for check in checks[: len(checks) // 4 + 1]]
    rest = [check for checks in cheap for check in checks[len(checks) // 4 + 1 :]]
    return (*first, *rest, *dear)


def _law(check: Check) -> str:
    return check.law.name


def hunt(subject: Subject[Any], checks: Sequence[Check]) -> Kill | None:
    """Return the first finding of ``checks`` against ``subject``; None if it passes them all.

    An exception is a finding, and so is a share of forgiven decisions that rounding does not explain.
    """
    contract = share_inputs(subject.contract)
    if isinstance(contract, FunctionContract) and isinstance(subject.implementation, Faulty):
        contract = replace(contract, judge=_judge_what_fired(contract, subject.implementation))
    counted: dict[str, list[int]] = {}
    for number, check in enumerate(checks, 1):
        try:
            with without_shrinking():
                verdict = check.law.check(contract, subject, check.case)
            subject.synchronise()
        except Exception as error:
            raised = Finding(check.law.name, "an answer", f"{type(error).__name__}: {error}"[:200])
            return Kill(check.law.name, check.case, raised, number)
        if (finding := worst(verdict.findings)) is not None:
            return Kill(check.law.name, check.case, finding, number)
        if check.law is ADMISSIBLE:
            counts = counted.setdefault(check.case.dtype, [0, 0])
            counts[0] += verdict.forgiven
            counts[1] += verdict.decisions
    for forgiven, decisions in counted.values():
        if too_many_forgiven(forgiven, decisions):
            share = Finding("all decisions", "a share that rounding explains", f"{forgiven} of {decisions}")
            return Kill("forgiveness", checks[-1].case, share, len(checks))
    return None


def _judge_what_fired(contract: FunctionContract, faulty: Faulty) -> Callable[..., Verdict]:
    """Return the contract's judge for a fault: where it has not shown itself the answer is the right one."""

    def judge(inputs: Arrays, keywords: dict[str, Any], results: Arrays) -> Verdict:
        fired, faulty.fired = faulty.fired, False
        return contract.judge(inputs, keywords, results) if fired else Verdict(decisions=1)

    return judge


def share_inputs(contract: Contract) -> Contract:
    """Return the contract with inputs that are made once for all laws and subjects of this process."""
    if not isinstance(contract, FunctionContract):
        return contract
    return _shared.setdefault(contract.name, replace(contract, fill=lru_cache(KEPT)(contract.fill)))


_shared: dict[str, Contract] = {}
