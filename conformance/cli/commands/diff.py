"""``draftproof diff``: what has changed from one report to another."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from draftproof.conformance.cli.arguments import AsJson
from draftproof.conformance.cli.printing import out, print_json
from draftproof.conformance.reporting.difference import Change, compare
from draftproof.conformance.reporting.report import read

SHOWN = 20
"""Changes of a kind that are shown; --json has them all."""

OldReport = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, help="The report before, DIR/BACKEND.jsonl.")
]
NewReport = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The report after.")]


def diff(old: OldReport, new: NewReport, as_json: AsJson = False) -> None:
    """Compare two reports of check: exit 1 if anything fails that did not, or is no longer judged; else 0."""
    difference = compare(read(old), read(new))
    kinds = {"worse": difference.worse, "better": difference.better, "other": difference.other}
    same = {state.value: count for state, count in difference.same.items() if count}
    if as_json:
        changes = {kind: list(map(_describe, each)) for kind, each in kinds.items()}
        print_json({**changes, "same": same, "remarks": list(difference.remarks)})
    else:
        for remark in difference.remarks:
            _print(remark)
        for kind, each in kinds.items():
            _show(kind, each)
        counts = ", ".join(f"{len(each)} {kind}" for kind, each in kinds.items())
        unchanged = ", ".join(f"{count} {state}" for state, count in same.items())
        _print(f"{counts}; unchanged: {unchanged or 'none'}")
    raise typer.Exit(1 if difference.worse else 0)


def _show(kind: str, changes: Sequence[Change]) -> None:
    colour = {"worse": "red", "better": "green"}.get(kind, "yellow")
    for change in changes[:SHOWN]:
        operation, dtype, law, case = change.key
        out.print(f"[{colour}]{kind}[/]", end=" ", highlight=False)
        _print(f"{' -> '.join(change.states)}: {operation} {dtype}, {law}")
        finding = str(change.new.findings[0]) if change.new and change.new.findings else ""
        reason = change.new.reason if change.new else ""
        reproduce = change.new.reproduce if change.new and change.worse else ""
        for line in filter(None, (finding or reason, reproduce or case)):
            _print(f"    {line}")
    if len(changes) > SHOWN:
        _print(f"and {len(changes) - SHOWN} more that are {kind}; --json has them all")


def _describe(change: Change) -> dict[str, Any]:
    operation, dtype, law, case = change.key
    old, new = change.states
    return {"operation": operation, "dtype": dtype, "law": law, "case": case, "old": old, "new": new}


def _print(line: str) -> None:
    out.print(line, highlight=False, markup=False, soft_wrap=True)
