"""The page: one self-contained HTML file with the matrix, and behind every cell what was found there."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from draftproof.conformance.evidence.records import Mutant
from draftproof.conformance.reporting.badge import colour
from draftproof.conformance.reporting.charts import (
    compare_with_target,
    draw_inline_charts,
    draw_inline_ratios,
    memory,
)
from draftproof.conformance.reporting.glyphs import MARKS, WORST_FIRST, pick_worst_state
from draftproof.conformance.reporting.matrix import NOT_DUE, Cell, Column, Matrix, Score
from draftproof.conformance.reporting.measures import find_worst
from draftproof.conformance.reporting.records import Report, Result
from draftproof.conformance.reporting.report import combine, short_name
from draftproof.conformance.reporting.unjudged import list_unjudged

SHOWN = 25
"""Failing cases listed for one law; the others are in the report file."""
FOUND = ("fail", "error", "waived")
"""The states of a case that is shown with what was found in it."""


@dataclass(slots=True)
class LawCount:
    """One law's line in a cell's table, and its card if it does not hold."""

    name: str
    states: Counter[str] = field(default_factory=Counter)
    decisions: int = 0
    forgiven: int = 0
    seconds: float = 0.0
    failing: list[Result] = field(default_factory=list)
    """The worst first."""

    @property
    def state(self) -> str:
        """The state that stands for all its cases."""
        return pick_worst_state(self.states)

    def add(self, result: Result) -> None:
        """Count one result."""
        self.states[result.state.value] += 1
        self.decisions += result.decisions
        self.forgiven += result.forgiven
        self.seconds += result.seconds
        if result.state.value in FOUND:
            self.failing.append(result)


@dataclass(slots=True)
class Reason:
    """Results without findings that share state and reason."""

    state: str
    text: str
    results: list[Result] = field(default_factory=list)


@dataclass(slots=True)
class Panel:
    """Everything behind one cell of the matrix."""

    operation: str
    column: Column
    cell: Cell
    laws: dict[str, LawCount] = field(default_factory=dict)
    reasons: dict[tuple[str, str], Reason] = field(default_factory=dict)
    measures: dict[str, float] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The name of the cell in the address of the page."""
        return f"{self.operation}.{self.column.backend}.{self.column.dtype}"

    @property
    def open_laws(self) -> list[LawCount]:
        """The laws of which not every case passed, the worst first."""
        found = [law for law in self.laws.values() if law.state != "pass"]
        return sorted(found, key=lambda law: WORST_FIRST.index(law.state))

    @property
    def kept_laws(self) -> list[LawCount]:
        """The laws that hold in every case."""
        return [law for law in self.laws.values() if law.state == "pass"]

    def add(self, result: Result) -> None:
        """Count one result; what has no law, such as a module without the operation, has a reason only."""
        if result.law or result.state.value in FOUND:
            self.laws.setdefault(result.law, LawCount(result.law)).add(result)
        self.measures = find_worst([self.measures, result.measures])
        if result.state.value not in ("pass", *FOUND):
            key = result.state.value, result.reason
            self.reasons.setdefault(key, Reason(*key)).results.append(result)


def render(
    reports: Sequence[Report],
    mutants: Sequence[Mutant] = (),
    pillars: Mapping[str, str] | None = None,
    sentences: Mapping[str, str] | None = None,
) -> str:
    """Return the page of the reports of one or several backends.

    ``pillars`` (each operation's pillar) groups the rows; ``sentences`` says what each law means.
    Raises DiagnosticError as ``combine`` does.
    """
    reports = combine(reports)
    matrix = Matrix.from_reports(reports)
    panels = _panels(reports, matrix)
    listed = sorted(panels.values(), key=lambda panel: WORST_FIRST.index(panel.cell.state))
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": number, "time": microseconds, "name": short_name, "memory": memory}
    environment.filters["breakable"] = let_break
    occurring = Counter(state for cell in matrix.cells.values() for state in cell.counts)
    benches = [bench for report in reports for bench in report.benches]
    return environment.get_template("page.html.j2").render(
        reports=reports,
        first=reports[0].header,
        matrix=matrix,
        total=matrix.score,
        headline=state_headline(matrix.score, [Matrix.from_reports([report]).score for report in reports]),
        groups=_groups(matrix, pillars or {}),
        cells=_cells(panels),
        open_panels=[panel for panel in listed if panel.cell.state not in ("pass", *NOT_DUE)],
        idle_panels=[panel for panel in listed if panel.cell.state in NOT_DUE],
        passing_panels=[panel for panel in listed if panel.cell.state == "pass"],
        scores=[_scored(report) for report in reports],
        states=occurring,
        dtypes=list(dict.fromkeys(column.dtype for column in matrix.columns)),
        marks=MARKS,
        order=[state for state in MARKS if occurring[state]],
        worst=WORST_FIRST,
        shown=SHOWN,
        mutants=mutants,
        killed=sum(bool(mutant.laws) for mutant in mutants),
        sentences=sentences or {},
        benches=benches,
        ratios=draw_inline_ratios(benches) if benches else (),
        charts=draw_inline_charts(benches),
        compare_with_target=compare_with_target,
    )


def state_headline(total: Score, scores: Sequence[Score]) -> str:
    """Say what a run has shown, in the sense of its exit code: of those backends that can run here."""
    able = [score for score in scores if score.due]
    if not able:
        return "Nothing was judged"
    if total.incomplete:
        return f"Incomplete, {total.run:,} of {total.due:,}"
    good, unable = sum(score.conforms for score in able), len(scores) - len(able)
    if len(able) == 1:
        said, others = "Conforms" if good else "Does not conform", f", {unable} cannot run here"
    else:
        share = "All" if good == len(able) else f"{good} of"
        said, others = f"{share} {len(able)} backends that can run here conform", f", {unable} cannot"
    waived = sum(score.due - score.good for score in able if score.conforms)
    return said + f", {waived:,} waived" * bool(waived) + others * bool(unable)


def number(value: float) -> str:
    """Return a measured number for people.

    >>> number(3.14159), number(2e-8), number(1_500_000), number(float("inf"))
    ('3.142', '2e-08', '1,500,000', '∞')
    """
    if not math.isfinite(value):
        return "∞"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def microseconds(value: float) -> str:
    """Return a time with three digits, which is what a median of rounds is worth.

    >>> microseconds(4.0456), microseconds(1877.4)
    ('4.05', '1,877')
    """
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def let_break(name: str) -> Markup:
    """Return a name that a browser may break after its underscores.

    >>> let_break("match_prefixes")
    Markup('match_<wbr>prefixes')
    """
    return Markup("_<wbr>").join(name.split("_"))


def _panels(reports: Sequence[Report], matrix: Matrix) -> dict[tuple[str, Column], Panel]:
    panels = {key: Panel(*key, cell) for key, cell in matrix.cells.items()}
    for report in reports:
        backend = short_name(report.header.subject.backend)
        for result in report.results:
            panels[result.operation, Column(backend, result.dtype)].add(result)
    for law in (law for panel in panels.values() for law in panel.laws.values()):
        law.failing.sort(key=_rank)
    return panels


def _rank(result: Result) -> tuple[int, float]:
    """Return what sorts failing cases: by state, then by how far the worst finding is off."""
    return WORST_FIRST.index(result.state.value), -result.excess


def _cells(panels: Mapping[tuple[str, Column], Panel]) -> dict[tuple[str, str], list[Panel]]:
    """Return what stands in one cell of the page: all dtypes of an operation on a backend, by name."""
    cells: dict[tuple[str, str], list[Panel]] = {}
    for (operation, column), panel in sorted(panels.items(), key=lambda item: item[0][1].dtype):
        cells.setdefault((operation, column.backend), []).append(panel)
    return cells


def _groups(matrix: Matrix, pillars: Mapping[str, str]) -> list[tuple[str, list[str]]]:
    groups: dict[str, list[str]] = {}
    for operation in matrix.operations:
        groups.setdefault(pillars.get(operation, "other" if pillars else ""), []).append(operation)
    return list(groups.items())


def _scored(report: Report) -> dict[str, Any]:
    matrix = Matrix.from_reports([report])
    return {
        "backend": report.header.subject.backend,
        "score": matrix.score,
        "restrictions": report.header.subject.restrictions,
        "unjudged": list_unjudged(report.results),
        "tone": colour(matrix.score),
        "counts": {state: count for state, count in report.footer.counts.items() if count},
        "seconds": report.footer.seconds,
        "reasons": list(dict.fromkeys(r.reason for r in report.results if r.reason))
        if not matrix.score.due
        else [],
    }
