"""What a check has found, in the terminal or as JSON."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from draftproof.conformance.cli.printing import console, out, print_json
from draftproof.conformance.reporting import matrix
from draftproof.conformance.reporting.records import Report, Result
from draftproof.conformance.running.inspection import TIME_OVER
from draftproof.conformance.running.session import is_wrong
from draftproof.conformance.running.waivers import Waiver
from draftproof.properties.core.verdict import State

NO_DRIVER = "0 active drivers"
"""What Triton says where there is no GPU."""

SHOWN = 8
"""Failures shown in the terminal for each backend; all of them are in the report."""


def show_outcome(
    reports: Sequence[Report],
    folder: Path,
    idle: Sequence[Waiver],
    unproved: Mapping[str, str],
    as_json: bool,
) -> None:
    """Print the matrix, one failure of each law and the score; with ``as_json`` the same as JSON.

    ``idle`` waivers waive nothing; of the ``unproved`` backends nothing was judged, for the reason given.
    """
    table = matrix.Matrix.from_reports(reports)
    for waiver in idle:
        complaint = f"nothing fails any more: {waiver.case}; remove the waiver ({waiver.issue})"
        console.print(f"draftproof: {complaint}", highlight=False, markup=False, soft_wrap=True)
    if as_json:
        print_json(
            {
                "score": asdict(table.score),
                "idle_waivers": [waiver.case for waiver in idle],
                "unproved": unproved,
                "reports": [_summary(r) for r in reports],
            }
        )
        return
    out.print(matrix.rich_table(table))
    for report in reports:
        _show_report(report, folder)
    score = table.score
    if score.incomplete:
        out.print(f"incomplete, {score.run} of {score.due}: {TIME_OVER}", highlight=False)
    out.print(
        f"{score.good} of {score.due} checks passed, {score.covers}% of the matrix covered; "
        f"page: {folder / 'index.html'}, badge: {folder / 'badge.svg'}",
        highlight=False,
    )


def _show_report(report: Report, folder: Path) -> None:
    """Print what is wrong with a backend, what it was not held to, and why it cannot run."""
    wrong = list(filter(is_wrong, report.results))
    shown = worst_of_each_law(wrong)
    for result in shown[:SHOWN]:
        out.print(f"[red]{result.state}[/] {result.operation}, {result.law}", highlight=False)
        what = [str(finding) for finding in result.findings[:1]] or [result.reason]
        for line in (*what, result.reproduce):
            out.print(f"    {line}", highlight=False, markup=False, soft_wrap=True)
    if len(wrong) > len(shown[:SHOWN]):
        rest = len(wrong) - len(shown[:SHOWN])
        out.print(f"and {rest} more in {folder / 'index.html'}", highlight=False)
    for restriction in report.header.subject.restrictions:
        words = f"restricted, as {report.header.subject.backend} declares: {restriction}"
        out.print(words, highlight=False, markup=False, soft_wrap=True)
    for reason in dict.fromkeys(r.reason for r in report.results if r.state is State.UNAVAILABLE):
        words = f"unavailable: {report.header.subject.backend}: {reason}"
        out.print(words, style="dim", highlight=False, markup=False, soft_wrap=True)
    if any(NO_DRIVER in result.reason for result in report.results):
        out.print("Triton's kernels need a GPU, or its interpreter: --device interpreter", highlight=False)


def worst_of_each_law(wrong: Sequence[Result]) -> list[Result]:
    """Return one result of each law: that a bug breaks several says more of it than five cases of one."""
    by_law: dict[tuple[str, str], Result] = {}
    for result in wrong:
        law = result.operation, result.law
        if law not in by_law or _excess(result) > _excess(by_law[law]):
            by_law[law] = result
    return list(by_law.values())


def _excess(result: Result) -> float:
    """By how much the finding that is shown exceeds what is allowed; an exception exceeds anything."""
    return result.findings[0].excess if result.findings else math.inf


def _summary(report: Report) -> dict[str, Any]:
    wrong = [asdict(result) for result in filter(is_wrong, report.results)]
    return {
        "backend": report.header.subject.backend,
        "device": report.header.subject.device,
        "counts": report.footer.counts,
        "seconds": report.footer.seconds,
        "wrong": wrong,
        "benches": [asdict(row) for row in report.benches],
    }
