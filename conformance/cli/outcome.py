"""What a check has found, in the terminal or as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from draftproof.conformance.cli.printing import console, out, print_json
from draftproof.conformance.reporting import matrix
from draftproof.conformance.reporting.records import Report, Result
from draftproof.conformance.reporting.report import short_name
from draftproof.conformance.reporting.terminal import arrange_tables
from draftproof.conformance.reporting.unjudged import list_unjudged
from draftproof.conformance.running.scope.selection import is_cut
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
    quiet: bool = False,
) -> None:
    """Print the matrix, one failure of each law and the score; with ``as_json`` the same as JSON.

    With ``quiet`` only the failures are printed. ``idle`` waivers waive nothing; of the ``unproved`` backends
    nothing was judged, for the reason given.
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
    if not quiet:
        for part in arrange_tables(table, out.width):
            out.print(part)
    for report in reports:
        _show_failures(report, folder)
        if not quiet:
            _show_limits(report)
    if quiet:
        return
    score = table.score
    reasons = dict.fromkeys(result.reason for each in reports for result in each.results if is_cut(result))
    if reasons:
        word = "incomplete, " if score.incomplete else "run were "
        cut = f"{word}{score.run} of {score.due}: {'; '.join(reasons)}"
        out.print(cut, highlight=False, markup=False, soft_wrap=True)
    out.print(
        f"{score.good} of {score.due} checks passed, {score.covers}% of the matrix covered; "
        f"page: {folder / 'index.html'}, badge: {folder / 'badge.svg'}",
        highlight=False,
        markup=False,
        soft_wrap=True,  # a path that was broken could not be copied
    )


def _show_failures(report: Report, folder: Path) -> None:
    """Print what is wrong with a backend."""
    wrong = list(filter(is_wrong, report.results))
    shown = worst_of_each_law(wrong)
    for result in shown[:SHOWN]:
        out.print(f"[red]{result.state}[/] {result.operation}, {result.law}", highlight=False, soft_wrap=True)
        what = [str(finding) for finding in result.worst_first[:2]] or [result.reason]
        for line in (*what, result.reproduce):
            out.print(f"    {line}", highlight=False, markup=False, soft_wrap=True)
    if len(wrong) > len(shown[:SHOWN]):
        rest = len(wrong) - len(shown[:SHOWN])
        where = f"and {rest} more in {folder / 'index.html'}"
        out.print(where, highlight=False, markup=False, soft_wrap=True)


def _show_limits(report: Report) -> None:
    """Print what a backend was not held to, and why it cannot run."""
    for restriction in report.header.subject.restrictions:
        words = f"restricted, as {report.header.subject.backend} declares: {restriction}"
        out.print(words, highlight=False, markup=False, soft_wrap=True)
    for line in list_unjudged(report.results):
        out.print(
            f"{short_name(report.header.subject.backend)}: {line}",
            style="dim",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )
    for reason in dict.fromkeys(r.reason for r in report.results if r.state is State.UNAVAILABLE):
        words = f"unavailable: {report.header.subject.backend}: {reason}"
        out.print(words, style="dim", highlight=False, markup=False, soft_wrap=True)
    if any(NO_DRIVER in result.reason for result in report.results):
        out.print("Triton's kernels need a GPU, or its interpreter: --device interpreter", highlight=False)


def worst_of_each_law(wrong: Sequence[Result]) -> list[Result]:
    """Return one result of each law: that a bug breaks several says more of it than five cases of one."""
    worst: dict[tuple[str, str], Result] = {}
    for result in wrong:
        if result.excess > worst.setdefault((result.operation, result.law), result).excess:
            worst[result.operation, result.law] = result
    return list(worst.values())


def _summary(report: Report) -> dict[str, Any]:
    wrong = [asdict(result) for result in filter(is_wrong, report.results)]
    return {
        "backend": report.header.subject.backend,
        "device": report.header.subject.device,
        "counts": report.footer.counts,
        "profile": report.header.subject.profile,
        "unjudged": list_unjudged(report.results),
        "seconds": report.footer.seconds,
        "wrong": wrong,
        "benches": [asdict(row) for row in report.benches],
    }
