"""The log of a device's campaigns: how long each took, and what it did."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from draftproof.conformance.diagnostic import DiagnosticError
from draftproof.conformance.reading.files import EVIDENCE, read_json

KEPT = 12
"""Entries of the log; older ones go."""


@dataclass(frozen=True, slots=True)
class Spent:
    """One campaign: its wall time in seconds, and how much it recorded."""

    started: str
    """ISO 8601, with the offset."""
    seconds: float
    judged: int
    """Pairs of operation and backend."""
    timed: int
    mutants: int
    left: int
    """What was still due at the end."""


def log(folder: Path, spent: Spent) -> None:
    """Add a campaign to the log beside a device's folder."""
    path = _path(folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    entries = [*_read(folder), asdict(spent)][-KEPT:]
    path.write_text(json.dumps(entries, indent=1) + "\n", encoding="utf-8")


def sum_up(folder: Path) -> str:
    """Say what the last complete recording took: the calls since the one before that left nothing."""
    calls: list[Spent] = []
    for spent in (Spent(**entry) for entry in _read(folder)):
        calls = [spent] if not calls or not calls[-1].left else [*calls, spent]
    if not calls:
        return ""
    what = sum(each.judged for each in calls), sum(each.timed for each in calls)
    mutants, seconds = sum(each.mutants for each in calls), sum(each.seconds for each in calls)
    left = f"; {calls[-1].left} are still due" if calls[-1].left else ""
    times = f"{len(calls)} {'call' if len(calls) == 1 else 'calls'}"
    return (
        f"Last recording: {what[0]} pairs of operation and backend judged, {what[1]} timed, "
        f"{mutants} mutants, in {seconds:.0f} s and {times}{left}."
    )


def _path(folder: Path) -> Path:
    return folder.with_suffix(".json")


def _read(folder: Path) -> list[dict[str, Any]]:
    path = _path(folder)
    entries = read_json(path, EVIDENCE) if path.exists() else []
    if not isinstance(entries, list) or not all(map(_is_entry, entries)):
        raise DiagnosticError("evidence-malformed", f"{path}: expected a list of campaigns")
    return entries


def _is_entry(entry: object) -> bool:
    return (
        isinstance(entry, dict)
        and entry.keys() == set(Spent.__slots__)
        and isinstance(entry["started"], str)
        and all(type(value) in (int, float) for name, value in entry.items() if name != "started")
    )
