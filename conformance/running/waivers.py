"""Waivers: known failures, each with an issue and an end date, so that none is forgotten.

A waiver file is TOML::

    [[waiver]]
    operation = "verify_chain"
    case  = "verify_chain/*/float16/*"  # a shell pattern over the line of the case
    kind  = "wrong"                     # wrong: runs and fails; crash: never launched
    issue = "https://example.org/project/issues/17"
    until = 2027-02-01
    note  = "accepts with <= instead of <"
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal

from draftproof.conformance.diagnostic import DiagnosticError
from draftproof.conformance.reading.files import WAIVERS, read_toml
from draftproof.conformance.reading.values import cut
from draftproof.conformance.reporting.records import Result
from draftproof.properties.core.verdict import State

FIELDS = ("operation", "case", "kind", "issue", "until", "note")

MOST, LONGEST, SHOWN = 1000, 2000, 5
"""Waivers in a file, characters of a field, unknown fields that a complaint names."""


@dataclass(frozen=True, slots=True)
class Waiver:
    """One known failure; its cells count as not passed."""

    operation: str
    case: str
    kind: Literal["wrong", "crash"]
    issue: str
    until: date
    note: str

    def covers(self, operation: str, case: str) -> bool:
        """Whether the case of this operation is waived."""
        return operation == self.operation and fnmatchcase(case, self.case)

    @property
    def reason(self) -> str:
        """What the report says of a waived case."""
        return f"{self.note}; until {self.until}: {self.issue}"


class Waivers:
    """The waivers of one run; remembers which of them a failure has met."""

    def __init__(self, waivers: Sequence[Waiver] = ()) -> None:
        self.waivers = tuple(waivers)
        self._met: set[Waiver] = set()
        self._passed: set[Waiver] = set()
        self._unseen: set[Waiver] = set()

    def never_launch(self, operation: str, case: str) -> Waiver | None:
        """Return the waiver that says this case crashes, so that it must not be run."""
        crash = (w for w in self.waivers if w.kind == "crash" and w.covers(operation, case))
        return next(crash, None)

    def settle(self, result: Result) -> Result:
        """Return the result as waived if it failed and a waiver covers it, else as it is."""
        if result.state is State.PASS:
            self._passed |= {w for w in self.waivers if w.covers(result.operation, result.case)}
        if result.state is State.NOT_RUN:
            self._unseen |= {w for w in self.waivers if w.covers(result.operation, result.case)}
        if result.state not in (State.FAIL, State.ERROR):
            return result
        for waiver in self.waivers:
            if waiver.covers(result.operation, result.case):
                self._met.add(waiver)
                why = f" ({result.reason})" if result.reason else ""
                return replace(result, state=State.WAIVED, reason=waiver.reason + why)
        return result

    @property
    def idle(self) -> tuple[Waiver, ...]:
        """The "wrong" waivers under which everything has run and passed: such a pass fails the run."""
        idle = self._passed - self._met - self._unseen
        return tuple(w for w in self.waivers if w.kind == "wrong" and w in idle)


def load(path: Path, cases: Collection[str], today: date) -> Waivers:
    """Read a waiver file for a run over ``cases``, given as lines.

    Raises DiagnosticError for a waiver without an issue link, past its date, or that matches no case.
    """
    document = read_toml(path, WAIVERS)
    tables = document.get("waiver", [])
    alike = isinstance(tables, list) and all(isinstance(table, dict) for table in tables)
    if set(document) - {"waiver"} or not alike:
        raise DiagnosticError(
            "waiver-malformed", f"{path}: expected [[waiver]] tables only, got {cut(sorted(document))}"
        )
    if len(tables) > MOST:
        raise DiagnosticError(
            "waiver-many", f"{path}: expected at most {MOST:,} waivers, got {len(tables):,}"
        )
    return Waivers([_waiver(f"{path}: waiver {n}", t, cases, today) for n, t in enumerate(tables, 1)])


def _waiver(where: str, table: dict[str, Any], cases: Collection[str], today: date) -> Waiver:
    missing = [name for name in FIELDS if not table.get(name)]
    if missing or set(table) - set(FIELDS):
        raise DiagnosticError(
            "waiver-malformed",
            f"{where}: expected {', '.join(FIELDS)}",
            [f"without {name}" for name in missing]
            + [f"unknown: {cut(n)}" for n in table if n not in FIELDS][:SHOWN],
            "every waiver names its issue and its end",
        )
    for name in FIELDS:
        if name != "until" and not (isinstance(table[name], str) and len(table[name]) <= LONGEST):
            got = cut(table[name], 60)
            complaint = f"{where}: {name} must be a text of at most {LONGEST:,} characters, got {got}"
            raise DiagnosticError("waiver-malformed", complaint)
    if table["kind"] not in ("wrong", "crash"):
        raise DiagnosticError(
            "waiver-malformed", f"{where}: kind must be wrong or crash, got {cut(table['kind'], 60)}"
        )
    if not re.fullmatch(r"https?://\S+", table["issue"]):
        raise DiagnosticError("waiver-issue", f"{where}: issue must be a link, got {cut(table['issue'], 60)}")
    # A TOML date-time is a datetime, which is a date as well, but does not compare with one.
    if type(table["until"]) is not date:
        raise DiagnosticError("waiver-malformed", f"{where}: until must be a date such as 2027-02-01")
    waiver = Waiver(**table)
    if waiver.until < today:
        raise DiagnosticError(
            "waiver-expired",
            f"{where}: {cut(waiver.case)} was waived until {waiver.until}, today is {today}",
            [f"the issue may be solved: {cut(waiver.issue)}"],
            "remove the waiver, or agree on a new date there",
        )
    if not any(waiver.covers(case.partition("/")[0], case) for case in cases):
        raise DiagnosticError(
            "waiver-idle",
            f"{where}: {cut(waiver.case)} matches no case of {cut(waiver.operation)}",
            ["the cases were renamed, or the pattern has a slip"],
            "remove it, or copy a case line from a report",
        )
    return waiver
