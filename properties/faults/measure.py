"""How much of the fault model the suite rejects: every fault proves itself, then it is hunted."""

import multiprocessing
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from draftproof.properties.contracts import CONTRACTS
from draftproof.properties.core.contract import FunctionContract, ObjectContract
from draftproof.properties.core.subject import FunctionSubject, Subject
from draftproof.properties.faults.functions.enumeration import function_faults
from draftproof.properties.faults.functions.fault import Fault, Faulty, Function
from draftproof.properties.faults.functions.witness import prove
from draftproof.properties.faults.hunt import hunt, kill_order
from draftproof.properties.faults.objects.enumeration import ObjectFault
from draftproof.properties.faults.objects.enumeration import faults as object_faults

BUDGETS = ("small", "standard")
"""Those that hunt unless others are asked for: the deep one takes minutes for each fault that it misses."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one fault."""

    family: str
    fault: str
    proved: bool
    """Whether an input within the contract shows it; the others are no faults."""
    budget: str = ""
    """The first budget that rejects it; empty if none did."""
    law: str = ""
    seconds: float = 0.0
    """Until the first finding, in the budget that has it."""


def measure(
    operation: str, budgets: Sequence[str] = BUDGETS, share: float = 1.0, seed: int = 0, jobs: int = 1
) -> Iterator[Outcome]:
    """Yield the outcome of every fault of an operation, or of a seeded share of them.

    The faults are wrapped around the eager backend, or around the oracle of an object, on a CPU.
    """
    total = len(list(enumerate_faults(operation)))
    order = _shuffled(total, seed)[: max(1, round(share * total))]
    parts = [(operation, tuple(budgets), order[part::jobs]) for part in range(jobs)]
    if jobs == 1:
        yield from _follow(parts[0])
        return
    with multiprocessing.get_context("fork").Pool(jobs, _use_one_thread) as pool:
        for outcomes in pool.imap_unordered(
            _list_outcomes, [piece for part in parts for piece in _pieces(part)]
        ):
            yield from outcomes


def enumerate_faults(operation: str) -> Iterator[Fault | ObjectFault]:
    """Yield the faults that follow from an operation's contract."""
    contract = CONTRACTS[operation]
    if isinstance(contract, FunctionContract):
        yield from function_faults(contract)
    elif isinstance(contract, ObjectContract):
        yield from object_faults(contract)


Part = tuple[str, tuple[str, ...], list[int]]
"""An operation, the budgets, and which of its faults."""

PIECE = 16
"""Faults that a process takes at a time."""


def _pieces(part: Part) -> Iterator[Part]:
    operation, budgets, order = part
    for begin, end in pairwise([*range(0, len(order), PIECE), len(order)]):
        yield operation, budgets, order[begin:end]


def _list_outcomes(part: Part) -> list[Outcome]:
    return list(_follow(part))


def _follow(part: Part) -> Iterator[Outcome]:
    operation, budgets, order = part
    contract, faults = CONTRACTS[operation], list(enumerate_faults(operation))
    for number in order:
        fault = faults[number]
        make = _maker(contract, fault)
        if make is None:
            yield Outcome(fault.family, fault.name, False)
            continue
        yield _pursue(fault, make, operation, budgets)


def _maker(contract: Any, fault: Fault | ObjectFault) -> Callable[[], Subject[Any]] | None:
    """Return what makes a fresh subject with the fault; None if it is no fault."""
    if isinstance(fault, Fault):
        function = eager(contract.name)
        if prove(contract, function, fault) is None:
            return None
        return lambda: FunctionSubject(contract, Faulty(function, contract, fault), "cpu")
    if not fault.witness(fault.build()):
        return None
    return lambda: Subject(contract, fault.build(), "numpy")


def _pursue(
    fault: Fault | ObjectFault, make: Callable[[], Subject[Any]], operation: str, budgets: Iterable[str]
) -> Outcome:
    for budget in budgets:
        subject = make()
        started = time.perf_counter()
        kill = hunt(subject, kill_order(operation, subject.device, budget))
        if kill is not None:
            spent = time.perf_counter() - started
            return Outcome(fault.family, fault.name, True, budget, kill.law, spent)
    return Outcome(fault.family, fault.name, True)


def eager(operation: str) -> Function:
    """Return the eager backend's function: faults are thin wrappers around it."""
    from draftproof.optimized import eager as backend

    function: Function = getattr(backend, operation)
    return function


def _use_one_thread() -> None:
    import torch

    torch.set_num_threads(1)


def _shuffled(count: int, seed: int) -> list[int]:
    import numpy as np

    return [int(n) for n in np.random.default_rng([seed, count]).permutation(count)]


def tally(outcomes: Iterable[Outcome], budgets: Sequence[str] = BUDGETS) -> dict[str, dict[str, int]]:
    """Return, by family, how many faults there are and how many each budget rejects.

    A larger budget has the smaller one's cases: what the smaller rejects, it rejects.
    """
    table: dict[str, dict[str, int]] = {}
    for outcome in outcomes:
        if outcome.proved:
            row = table.setdefault(outcome.family, dict.fromkeys(("faults", *budgets), 0))
            row["faults"] += 1
            if outcome.budget:
                for budget in budgets[budgets.index(outcome.budget) :]:
                    row[budget] += 1
    return table


def count_unproved(outcomes: Iterable[Outcome]) -> Counter[str]:
    """Count, by family, what no input within the contract shows."""
    return Counter(outcome.family for outcome in outcomes if not outcome.proved)
