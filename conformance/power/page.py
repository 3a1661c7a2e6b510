"""docs/power.md: what the suite can see, made from the tables."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

from draftproof.conformance.evidence.freshness import Today
from draftproof.conformance.power.reach import describe_sizes, describe_strides, list_strides
from draftproof.conformance.power.records import BUDGETS, FOLDER, Mutations, Power, find_changes, load
from draftproof.properties.contracts import CONTRACTS
from draftproof.properties.faults.reasons import find_reason

PAGE = Path("docs") / "power.md"
MODEL = Path(__file__).with_name("model.md")
"""The fault model in a page: what stands above the tables."""

SHOWN = 40
"""Survivors listed for each operation; all of them are in the data."""


def load_tables(folder: Path = FOLDER) -> list[Power]:
    """Return what is recorded, in the order of the contracts."""
    return [power for name in CONTRACTS if (power := load(name, folder)) is not None]


def floor_percent(part: int, whole: int) -> str:
    """Return a share in per cent with one decimal, never rounded up.

    >>> floor_percent(999_999, 1_000_000), floor_percent(3, 3)
    ('99.9 %', '100 %')
    """
    if not whole:
        return "-"
    tenths = 1000 * part // whole
    return "100 %" if tenths == 1000 else f"{tenths // 10}.{tenths % 10} %"


def state_power(budget: str, tables: Sequence[Power], today: Today) -> str:
    """Return the share of all faults that a budget rejects; empty without tables, or if one is stale."""
    faults = sum(power.count("faults") for power in tables)
    if {power.operation for power in tables} < {*CONTRACTS} or any(find_changes(p, today) for p in tables):
        return ""
    return floor_percent(sum(power.count(budget) for power in tables), faults) if faults else ""


def render(tables: Sequence[Power], today: Today) -> str:
    """Return the page."""
    if not tables:
        return MODEL.read_text(encoding="utf-8") + "\nNothing has been measured yet: `nox -s power`.\n"
    stale = {power.operation: find_changes(power, today) for power in tables}
    parts = [MODEL.read_text(encoding="utf-8").rstrip(), "## What was measured", _summary(tables, stale)]
    parts += [_by_operation(tables, stale), "By family, all operations together:", _by_family(tables)]
    parts += ["## The reach", _reach([power.operation for power in tables])]
    parts += ["## Mutations of the source", _mutations(tables), "## Survivors", *_survivors(tables)]
    return "\n\n".join(parts).rstrip() + "\n"


def _summary(tables: Sequence[Power], stale: Mapping[str, list[str]]) -> str:
    days = sorted(power.recorded for power in tables)
    machines = ", ".join(dict.fromkeys(power.machine for power in tables))
    seconds = sum(power.seconds for power in tables)
    faults, unproved = (
        sum(power.count("faults") for power in tables),
        sum(chain.from_iterable(power.unproved.values() for power in tables)),
    )
    medians = sorted(power.first_verdict for power in tables)
    old = ", ".join(f"`{name}`" for name, changes in stale.items() if changes)
    return (
        f"{days[0]} to {days[-1]}, {machines}, {seconds:.0f} s. {faults:,} faults showed themselves on an "
        f"input within the contract; {unproved:,} that did not are no faults and are not counted. The first "
        f"finding against a wrong implementation comes after {1000 * medians[0]:.0f} to "
        f"{1000 * medians[-1]:.0f} ms (medians by operation, imports not counted)."
        + "".join(
            f" Of `{p.operation}` {floor_percent(round(1e6 * p.share), 10**6)} were tried, drawn by the seed."
            for p in tables
            if p.share < 1
        )
        + (f"\n\n**Stale**, until it is measured again: {old}." if old else "")
    )


def _by_operation(tables: Sequence[Power], stale: Mapping[str, list[str]]) -> str:
    lines = [f"| operation | faults | {' | '.join(BUDGETS)} |", "| --- | ---: | ---: | ---: |"]
    lines += [_row(f"`{p.operation}`{' (stale)' * bool(stale[p.operation])}", p.count) for p in tables]
    lines.append(_row("all", lambda what: sum(power.count(what) for power in tables)))
    return "\n".join(lines)


def _by_family(tables: Sequence[Power]) -> str:
    families = dict.fromkeys(chain.from_iterable(power.faults for power in tables))
    lines = [f"| family | faults | {' | '.join(BUDGETS)} |", "| --- | ---: | ---: | ---: |"]
    for family in families:
        rows = [power.faults[family] for power in tables if family in power.faults]
        sums = {what: sum(row[what] for row in rows) for what in ("faults", *BUDGETS)}
        lines.append(_row(family, sums.__getitem__))
    return "\n".join(lines)


def _reach(operations: Sequence[str]) -> str:
    budget = BUDGETS[-1]
    lines = ["| operation | largest sizes | how arguments lie in memory |", "| --- | --- | --- |"]
    lines += [
        f"| `{name}` | {describe_sizes(name, budget)} | {describe_strides(name, budget)} |"
        for name in operations
    ]
    return (
        f"What the generated cases of {budget} exercise on a CPU; the laws of many rows and of far offsets "
        "go further. An argument of two axes, the others in one piece, is tried "
        f"{', '.join(list_strides())}.\n\n" + "\n".join(lines)
    )


def _row(name: str, count: Callable[[str], int]) -> str:
    faults = count("faults")
    shares = (f"{floor_percent(count(budget), faults)}" for budget in BUDGETS)
    return f"| {name} | {faults:,} | {' | '.join(shares)} |"


def _mutations(tables: Sequence[Power]) -> str:
    lines = [
        "| operation | source | tried | equivalent | rejected of the others |",
        "| --- | --- | ---: | ---: | ---: |",
    ]
    lines += [
        f"| `{power.operation}` | {each.source} | {_say_tried(each)} | {each.equivalent} | "
        f"{each.rejected} ({floor_percent(each.rejected, each.tried - each.equivalent)}) |"
        for power in tables
        for each in power.mutations
    ]
    return "\n".join(lines) if len(lines) > 2 else "None measured yet."


def _say_tried(each: Mutations) -> str:
    return f"{each.tried}, {floor_percent(round(1e6 * each.share), 10**6)} of all" * (each.share < 1) or str(
        each.tried
    )


def _survivors(tables: Sequence[Power]) -> Iterator[str]:
    for power in tables:
        reasons = {each.fault: find_reason(power.operation, each.fault) for each in power.survivors}
        lines = [
            f"- {each.family}, {each.fault}: {reasons[each.fault] or 'not understood yet'}"
            for each in power.survivors[:SHOWN]
        ]
        lines += [
            f"- mutation of {m.source}: `{text}`" for m in power.mutations for text in m.survivors[:SHOWN]
        ]
        if lines:
            yield f"### {power.operation}"
            yield "\n".join(lines)
