"""``draftproof check``: the verdict."""

import math
import sys
import time
from collections.abc import Iterator
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from draftproof.conformance.cli.arguments import AsJson, Budget, Modules, OnDevice, Operations
from draftproof.conformance.cli.outcome import show_outcome
from draftproof.conformance.cli.printing import console
from draftproof.conformance.cli.progress import show_progress
from draftproof.conformance.diagnostic import DiagnosticError
from draftproof.conformance.reporting.folder import prepare_folder
from draftproof.conformance.reporting.records import BenchRow, Result
from draftproof.conformance.running.backends import BACKENDS, choose_device
from draftproof.conformance.running.request import refuse_alike, select_contracts
from draftproof.conformance.running.scope.last import read_last_failures, require_due
from draftproof.conformance.running.scope.selection import Selection, require_laws
from draftproof.conformance.running.session import (
    find_unproved,
    is_wrong,
    load_sessions,
    read_waivers,
    share_time,
    write_overview,
)
from draftproof.conformance.timing.bench import has_timings, prepare_benches

Seconds = Annotated[
    float | None,
    typer.Option(min=1, help="End after so long: every operation has had some checks, the rest is not run."),
]
Timeout = Annotated[
    float | None,
    typer.Option(
        min=0.1,
        help="Seconds that a check may take, 60 if not said; the first of an operation may take 240.",
    ),
]


def check(
    modules: Modules = None,
    operation: Operations = None,
    law: Annotated[list[str] | None, typer.Option("--law", help="Only this law; may be repeated.")] = None,
    device: OnDevice = None,
    budget: Annotated[Budget, typer.Option(help="How much to check.")] = Budget.STANDARD,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the case list.")] = 0,
    report: Annotated[Path, typer.Option(help="Folder for reports, page and badge.")] = Path("report"),
    waivers: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="TOML file of known failures, with issue and end."),
    ] = None,
    last_failed: Annotated[
        bool, typer.Option("--last-failed", "--lf", help="Only what failed last time; all if nothing did.")
    ] = False,
    exit_first: Annotated[
        bool, typer.Option("--exitfirst", "-x", help="Run no more once a check has failed.")
    ] = False,
    jobs: Annotated[
        int | None, typer.Option("--jobs", "-n", min=1, help="Processes at work; one per core by default.")
    ] = None,
    bench: Annotated[
        bool, typer.Option("--bench", help="Time what is right, too (kernels need a CUDA device).")
    ] = False,
    seconds: Seconds = None,
    timeout: Timeout = None,
    allow_unavailable: Annotated[
        bool,
        typer.Option(
            "--allow-unavailable", help="Exit 0 also if nothing of a backend named here can run here."
        ),
    ] = False,
    python: Annotated[
        Path,
        typer.Option(exists=True, dir_okay=False, help="Interpreter with the backends; it needs NumPy only."),
    ] = Path(sys.executable),
    apart: Annotated[
        bool,
        typer.Option(
            "--apart", help="The backend's process only computes: nothing in it can tell what the verdict is."
        ),
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print only what is wrong.")] = False,
    as_json: AsJson = False,
) -> None:
    """Judge backends: exit 0 if everything present conforms, 1 if anything does not, 2 for nonsense.

    Nonsense is also a backend that was named and of which nothing was judged.

    What --law, --last-failed, --exitfirst and --seconds leave out is not run: "incomplete, n of m", which is
    no failure, and no green badge.

    Options can be kept in pyproject.toml, under [tool.draftproof].
    """
    deadline = time.monotonic() + (math.inf if seconds is None else seconds)
    reports, known = [], read_waivers(waivers, budget, seed)
    contracts, asked = select_contracts(operation or []), refuse_alike(modules or BACKENDS)
    again = read_last_failures(report, asked) if last_failed else dict.fromkeys(asked)
    due = {module: choose_device(module, device) for module in again}
    prepare_folder(report)
    sessions = load_sessions(due, budget, seed, contracts, jobs, str(python), apart)
    require_laws(law or [], contracts, {session.device for session in sessions})
    selection = Selection(law or (), None, exit_first)
    for session in sessions:
        require_due(session.backend, selection.only(again[session.backend]), session.checks)
    for place, session in enumerate(sessions):
        module, end = session.backend, share_time(deadline, sum(s.can_run for s in sessions[place:]))
        selection = selection.only(again[module])
        timed = bench and session.can_run and has_timings(module, session.device, session.operations)
        rows = partial(_time, module, operation or []) if timed else None
        with nullcontext(_ignore) if quiet else show_progress(module, session.total, console) as seen:
            reports.append(session.report(report, known, seen, rows, end, selection, timeout))
    write_overview(report, reports)
    unproved = find_unproved(reports)
    show_outcome(reports, report, known.idle, unproved, as_json, quiet)
    if known.idle or any(is_wrong(result) for each in reports for result in each.results):
        raise typer.Exit(1)
    # Of draftproof's own backends those count that this machine has.
    if unproved and not allow_unavailable and (modules or len(unproved) == len(reports)):
        raise DiagnosticError(
            "nothing-proved",
            "nothing was judged, so nothing is proved",
            [f"{backend}: {reason}" for backend, reason in unproved.items()],
            "--allow-unavailable, if that is what you want",
        )


def _time(module: str, operations: list[str]) -> Iterator[BenchRow]:
    """Yield a backend's timings; that one cannot be timed does not take its verdict away."""
    try:
        yield from prepare_benches([module], operations)()
    except DiagnosticError as error:
        console.print(f"draftproof: {error}", highlight=False, markup=False, soft_wrap=True)


def _ignore(result: Result) -> None:
    """Take a result and show nothing."""
