"""Evidence on disk: what runs on a device have shown, one file per device and operation.

A machine without that device makes badge and matrix from it. ``freshness`` says what of it still speaks
of the code at hand.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from draftproof.conformance.diagnostic import DiagnosticError
from draftproof.conformance.evidence.records import (
    Evidence,
    EvidenceBench,
    EvidenceMutant,
    EvidenceRow,
    Mutant,
    OperationEvidence,
    Run,
)
from draftproof.conformance.reading.files import EVIDENCE, read_json
from draftproof.conformance.reading.schema import Validator, find_fault
from draftproof.conformance.reading.values import cut
from draftproof.conformance.reporting.records import BenchRow
from draftproof.properties.contracts import CONTRACTS

FOLDER = Path(__file__).parent / "data"
"""Where evidence is committed: a folder per device."""

Table = dict[str, Any]
"""What several entries of a file share, each written once under its own digest."""


def name_folder(device: str) -> str:
    """Return the name of a device's folder.

    >>> name_folder("NVIDIA H100 80GB HBM3")
    'nvidia-h100-80gb-hbm3'
    """
    return re.sub(r"[^a-z0-9]+", "-", device.lower()).strip("-")


def save(evidence: OperationEvidence, folder: Path) -> Path:
    """Write an operation's evidence to ``<folder>/<device>/<operation>.json``; return the path."""
    runs: Table = {}
    digests: Table = {}

    def origin(run: Run, sources: Mapping[str, str]) -> dict[str, Any]:
        return {
            "run": _put(runs, {**asdict(run), "recorded": run.recorded.isoformat()}),
            "sources": [_put(digests, part) for part in _parts(sources)],
        }

    def plain(item: EvidenceRow) -> dict[str, Any]:
        return {name: value for name, value in asdict(item).items() if name not in ("operation", "run")}

    document = {
        "schema": 2,
        "device": evidence.device,
        "operation": evidence.operation,
        "rows": [{**plain(row), **origin(row.run, row.sources)} for row in evidence.rows],
        "bench": [
            {**asdict(timed.bench), "seconds": timed.seconds, **origin(timed.run, timed.sources)}
            for timed in evidence.bench
        ],
        "mutants": [
            {**asdict(fate.mutant), "seconds": fate.seconds, **origin(fate.run, fate.sources)}
            for fate in evidence.mutants
        ],
        "runs": runs,
        "sources": digests,
    }
    path = folder / name_folder(evidence.device) / f"{evidence.operation}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(document, indent=1, allow_nan=False) + "\n"
    # Never half a file, whenever the run is stopped.
    unfinished = path.with_suffix(".tmp")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)
    return path


def load(path: Path) -> OperationEvidence:
    """Read one operation's file; raise DiagnosticError if it is malformed."""
    document = read_json(path, EVIDENCE)
    if fault := find_fault(_validator(), document):
        raise _malformed(path, fault)
    try:
        runs = {
            name: Run(**{**run, "recorded": date.fromisoformat(run["recorded"])})
            for name, run in document["runs"].items()
        }
    except ValueError as error:
        raise _malformed(path, f"expected days of the calendar, got {error}") from error
    entries = [*document["rows"], *document["bench"], *document["mutants"]]
    sources = {name for entry in entries for name in entry["sources"]}
    if lost := ({entry["run"] for entry in entries} - runs.keys()) | (sources - document["sources"].keys()):
        raise _malformed(path, f"expected every run and source that is referred to, without {min(lost)}")

    def origin(entry: dict[str, Any]) -> dict[str, Any]:
        parts = [document["sources"][name] for name in entry.pop("sources")]
        return {
            "seconds": entry.pop("seconds"),
            "run": runs[entry.pop("run")],
            "sources": {path: digest for part in parts for path, digest in part.items()},
        }

    return OperationEvidence(
        document["device"],
        document["operation"],
        tuple(EvidenceRow(operation=document["operation"], **origin(row), **row) for row in document["rows"]),
        tuple(EvidenceBench(**origin(row), bench=BenchRow(**row)) for row in document["bench"]),
        tuple(
            EvidenceMutant(**origin(row), mutant=Mutant(row["name"], row["story"], tuple(row["laws"])))
            for row in document["mutants"]
        ),
    )


def load_device(folder: Path) -> Evidence:
    """Read a device's folder, the operations in the order of the contracts; DiagnosticError as ``load``."""
    order = {operation: place for place, operation in enumerate(CONTRACTS)}
    operations = sorted(
        (load(path) for path in sorted(folder.glob("*.json"))),
        key=lambda each: order.get(each.operation, len(order)),
    )
    if len({each.device for each in operations}) != 1:
        raise DiagnosticError("evidence-devices", f"{folder} is not the evidence of one device")
    return Evidence(operations[0].device, tuple(operations))


def list_devices(folder: Path) -> list[Path]:
    """Return the folders of the devices that have evidence."""
    return sorted({path.parent for path in folder.glob("*/*.json")})


def _put(table: Table, value: Any) -> str:
    name = hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:12]
    table[name] = value
    return name


def _parts(sources: Mapping[str, str]) -> list[dict[str, str]]:
    """Split digests into those of the proof, the kernel and the mutant: most rows share one of them."""
    parts: dict[str, dict[str, str]] = {}
    for path, digest in sorted(sources.items()):
        folder = next((f for f in ("optimized/", "properties/mutants/") if path.startswith(f)), "")
        parts.setdefault(folder, {})[path] = digest
    return list(parts.values())


def _malformed(path: Path, why: str) -> DiagnosticError:
    return DiagnosticError("evidence-malformed", f"{path}: {cut(why)}")


@cache
def _validator() -> Any:
    schema = Path(__file__).with_name("evidence-v2.json").read_text(encoding="utf-8")
    return Validator(json.loads(schema))
