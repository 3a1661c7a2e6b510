"""What failed in the last run, as its reports say."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from draftproof.conformance.diagnostic import DiagnosticError
from draftproof.conformance.reporting.folder import PREVIOUS
from draftproof.conformance.reporting.report import read, short_name
from draftproof.conformance.running.scope.selection import Failures, Selection, list_failures
from draftproof.properties.cases.plan import Check


def read_last_failures(folder: Path, backends: Sequence[str]) -> dict[str, Failures | None]:
    """Return, for each backend to be run again, what of it failed last; None for all of it.

    A backend without a failure is not run again while another has one, and one without a report is run as a
    whole. If nothing failed, everything is run. DiagnosticError if there is no report at all.
    """
    found = {backend: _find_report(folder, backend) for backend in backends}
    if not any(found.values()):
        raise DiagnosticError(
            "last-failed-none",
            f"--last-failed: {folder} holds no report of {', '.join(backends)}",
            [],
            "run it once without --last-failed, and with the same --report",
        )
    failed = {backend: list_failures(read(path).results) if path else None for backend, path in found.items()}
    return {backend: each for backend, each in failed.items() if each != frozenset()} or dict.fromkeys(
        backends
    )


def require_due(backend: str, selection: Selection, checks: Iterable[Check]) -> None:
    """Refuse with DiagnosticError what failed last, if nothing of it is in the case list of this run."""
    if selection.last_failed and all(selection.leave_out(check) for check in checks):
        raise DiagnosticError(
            "last-failed-elsewhere",
            f"--last-failed: of the {len(selection.last_failed)} checks of {backend} that failed last, "
            "none is asked for here",
            [],
            "ask with the same --budget, --seed, --device, --op and --law as last time",
        )


def _find_report(folder: Path, backend: str) -> Path | None:
    name = f"{short_name(backend)}.jsonl"
    return next((path for path in (folder / name, folder / PREVIOUS / name) if path.is_file()), None)
