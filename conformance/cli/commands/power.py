"""``draftproof power``: how many wrong implementations the suite rejects, and how far its cases reach."""

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from draftproof.conformance.cli.progress import show_steps
from draftproof.conformance.evidence.freshness import Today
from draftproof.conformance.power import page
from draftproof.conformance.power.campaign import find_stale
from draftproof.conformance.power.campaign import record as record_power
from draftproof.conformance.power.reach import describe_sizes, describe_strides
from draftproof.conformance.running.request import select_contracts
from draftproof.properties.faults.measure import Outcome, count_unproved, enumerate_faults, measure, tally

out = Console()
console = Console(stderr=True)


class Budget(StrEnum):
    """How much is checked."""

    SMALL = "small"
    STANDARD = "standard"
    DEEP = "deep"


def power(
    operation: Annotated[
        list[str] | None, typer.Option("--op", help="Only this operation; may be repeated.")
    ] = None,
    budget: Annotated[Budget, typer.Option(help="The largest budget that hunts.")] = Budget.STANDARD,
    recording: Annotated[
        bool, typer.Option("--record", help="Keep what is measured, and remake docs/power.md.")
    ] = False,
    everything: Annotated[bool, typer.Option("--all", help="With --record: also what is not stale.")] = False,
) -> None:
    """Enumerate the faults that follow from the contracts, and show by family how many are rejected.

    Exit 0 if all are; 1 if some survive the budget asked for.
    """
    names = [contract.name for contract in select_contracts(operation or []) if _has_faults(contract.name)]
    if recording:
        _record(names, everything)
        return
    budgets = [each.value for each in Budget][: [*Budget].index(budget) + 1]
    survived = False
    for name in names:
        outcomes = _measure(name, budgets)
        _show(name, outcomes, budgets)
        survived |= any(outcome.proved and not outcome.budget for outcome in outcomes)
    raise typer.Exit(1 if survived else 0)


def _has_faults(operation: str) -> bool:
    return next(iter(enumerate_faults(operation)), None) is not None


def _measure(operation: str, budgets: list[str]) -> list[Outcome]:
    outcomes = []
    jobs = len(os.sched_getaffinity(0))
    with show_steps(sum(1 for _ in enumerate_faults(operation)), console) as step:
        for outcome in measure(operation, budgets, jobs=jobs):
            outcomes.append(outcome)
            step(operation, 1)
    return outcomes


def _show(operation: str, outcomes: list[Outcome], budgets: list[str]) -> None:
    table = Table("family", "faults", *budgets, title=operation, title_justify="left")
    for family, row in tally(outcomes, budgets).items():
        shares = (page.floor_percent(row[each], row["faults"]) for each in budgets)
        table.add_row(family, str(row["faults"]), *shares)
    out.print(table)
    for outcome in outcomes:
        if outcome.proved and not outcome.budget:
            out.print(f"  survives: {outcome.fault}", highlight=False, markup=False)
    unproved = sum(count_unproved(outcomes).values())
    out.print(f"  not counted: {unproved} that no input within the contract shows", highlight=False)
    out.print("  sizes to: " + describe_sizes(operation, budgets[-1]), highlight=False, markup=False)
    out.print("  layouts: " + describe_strides(operation, budgets[-1]), highlight=False, markup=False)


def _record(operations: list[str], everything: bool) -> None:
    today = Today()
    due = operations if everything else find_stale(operations, today)
    for operation in due:
        record_power(operation, today, lambda text: out.print(text, highlight=False, markup=False))
    root = Path.cwd()
    path = root / page.PAGE
    path.write_text(page.render(page.load_tables(), today), encoding="utf-8")
    out.print(f"{len(due)} of {len(operations)} operations measured; {page.PAGE} follows from the tables")
