"""Measures what is stale of the suite's power, and keeps it."""

import os
import statistics
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from draftproof.conformance.evidence.freshness import Today
from draftproof.conformance.evidence.machine import describe_machine
from draftproof.conformance.power.records import (
    BUDGETS,
    FOLDER,
    Mutations,
    Power,
    Survivor,
    digest_cases,
    find_changes,
    load,
    save,
)
from draftproof.properties.contracts import CONTRACTS
from draftproof.properties.core.contract import FunctionContract
from draftproof.properties.faults.measure import Outcome, count_unproved, enumerate_faults, measure, tally
from draftproof.properties.faults.mutations import measure as measure_mutations
from draftproof.properties.faults.mutations import mutations

TRIED, OF_OBJECTS, MUTATED = 1200, 400, 240
"""Faults of a function and of an object that are tried, and mutations of an object: of more, a share that the
seed draws. An object has thousands, and each takes seconds.
"""


def find_stale(operations: Sequence[str], today: Today, folder: Path = FOLDER) -> list[str]:
    """Return the operations whose table is missing or speaks of other sources."""
    tables = {operation: load(operation, folder) for operation in operations}
    return [name for name, power in tables.items() if power is None or find_changes(power, today)]


def record(
    operation: str, today: Today, said: Callable[[str], None], folder: Path = FOLDER, seed: int = 0
) -> Power:
    """Measure everything of one operation, and write its table."""
    started = time.perf_counter()
    jobs = len(os.sched_getaffinity(0))
    tried = TRIED if isinstance(CONTRACTS[operation], FunctionContract) else OF_OBJECTS
    share = min(1.0, tried / sum(1 for _ in enumerate_faults(operation)))
    outcomes = list(measure(operation, BUDGETS, share, seed, jobs))
    power = Power(
        operation=operation,
        recorded=date.today().isoformat(),
        machine=f"{describe_machine().cpu}, {jobs} cores",
        seconds=round(time.perf_counter() - started, 1),
        seed=seed,
        faults=tally(outcomes),
        share=round(share, 4),
        unproved=dict(sorted(count_unproved(outcomes).items())),
        first_verdict=find_median(outcomes),
        survivors=tuple(list_survivors(outcomes)),
        mutations=(mutate(operation, seed, jobs),),
        cases={budget: digest_cases(operation, budget, seed, today) for budget in BUDGETS},
        sources=today.sources.of_power(operation),
    )
    said(f"{operation}: {describe(power)}, {power.seconds:.0f} s")
    save(power, folder)
    return power


def mutate(operation: str, seed: int, jobs: int = 1) -> Mutations:
    """Hold the standard budget against the first-order mutations of eager, or of an object's oracle."""
    source = "eager" if "eager" in CONTRACTS[operation].backends else "reference"
    share = 1.0
    if not isinstance(CONTRACTS[operation], FunctionContract):
        share = min(1.0, MUTATED / len(mutations(operation)))
    outcomes = list(measure_mutations(operation, share=share, seed=seed, jobs=jobs))
    differing = [outcome for outcome in outcomes if outcome.equivalent is None]
    return Mutations(
        source,
        "standard",
        tried=len(outcomes),
        rejected=sum(outcome.law is not None for outcome in differing),
        equivalent=len(outcomes) - len(differing),
        share=round(share, 4),
        survivors=tuple(sorted(str(outcome.mutation) for outcome in differing if outcome.law is None)),
    )


def find_median(outcomes: Sequence[Outcome]) -> float:
    """Return the median of the seconds until the first finding; 0 if nothing was rejected."""
    times = [outcome.seconds for outcome in outcomes if outcome.budget]
    return round(statistics.median(times), 4) if times else 0.0


def list_survivors(outcomes: Sequence[Outcome]) -> list[Survivor]:
    """Return what the standard budget does not reject."""
    left = [outcome for outcome in outcomes if outcome.proved and not outcome.budget]
    return [
        Survivor(outcome.family, outcome.fault)
        for outcome in sorted(left, key=lambda outcome: (outcome.family, outcome.fault))
    ]


def describe(power: Power) -> str:
    """Say in a few words how many faults each budget rejects."""
    faults = power.count("faults")
    return ", ".join(f"{budget} {power.count(budget)} of {faults}" for budget in BUDGETS)
