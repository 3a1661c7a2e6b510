"""``draftproof record``: evidence of what this machine shows, as far as it is stale."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from draftproof.conformance.diagnostic import DiagnosticError
from draftproof.conformance.evidence import publish
from draftproof.conformance.evidence.campaign import record_evidence
from draftproof.conformance.evidence.needs import find_lacking

out = Console()
console = Console(stderr=True)


def record(
    everything: Annotated[
        bool, typer.Option("--all", help="Forget what is recorded of this device, and record everything.")
    ] = False,
    seconds: Annotated[
        float | None, typer.Option(min=1, help="Stop after so long; the next call goes on from there.")
    ] = None,
    folder: Annotated[
        Path | None, typer.Option(help="Where evidence lies; the package's by default.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")] = False,
) -> None:
    """Judge, time and record every backend on this GPU, as far as its evidence is stale, and no more.

    Exit 0 if nothing is left to record, or the time asked for was over; 1 if something could not be recorded;
    2 if the machine lacks something.
    """
    if folder is None:
        publish.require_checkout(Path())
    lacking = find_lacking()
    if lacking:
        raise DiagnosticError("machine-lacking", "this machine cannot record evidence; it lacks", lacking)
    shown = console if as_json else out
    spent = record_evidence(
        folder or publish.EVIDENCE,
        seconds,
        everything,
        lambda text: shown.print(text, highlight=False, markup=False, soft_wrap=True),
    )
    over = seconds is not None and spent.seconds >= seconds
    if as_json:
        print(json.dumps(asdict(spent)))
    else:
        left = f"; {spent.left} are left" if spent.left else ""
        out.print(
            f"recorded in {spent.seconds:.0f} s: {spent.judged} pairs judged, {spent.timed} timed, "
            f"{spent.mutants} mutants{left}",
            highlight=False,
        )
    raise typer.Exit(1 if spent.left and not over else 0)
