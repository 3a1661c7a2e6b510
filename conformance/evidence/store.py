"""Evidence: what runs on a device have shown, with the digest of every source that it depends on.

A machine without that device makes badge and matrix from it. As soon as one source of a row differs,
is gone, or is new, the row proves nothing about the code at hand: it is stale.
"""

import hashlib
import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema

from draftproof.conformance.diagnostic import DiagnosticError
from draftproof.conformance.evidence.sources import sources
from draftproof.conformance.reporting.glyphs import overall
from draftproof.conformance.reporting.records import BenchRow, Report, Result
from draftproof.conformance.reporting.report import combine, schema, short_name

__all__ = [
    "FOLDER",
    "Evidence",
    "EvidenceBench",
    "EvidenceRow",
    "Mutant",
    "file_name",
    "freshness",
    "load",
    "record",
    "save",
    "sources",
]

FOLDER = Path(__file__).parent / "data"
"""Where evidence is committed, one file per device."""


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One operation of one backend in one dtype."""

    operation: str
    pillar: str
    backend: str
    dtype: str
    laws: Mapping[str, Mapping[str, int]]
    """Counts by state, by law."""
    decisions: int
    forgiven: int
    measures: Mapping[str, float | None]
    """The worst of each; None for one that was not finite."""
    state: str
    sources: Mapping[str, str]
    """The SHA-256 of each source file by its path in the package."""

    @property
    def counts(self) -> dict[str, int]:
        """Counts by state over all laws."""
        total: Counter[str] = Counter()
        for counts in self.laws.values():
            total.update(counts)
        return dict(total)


@dataclass(frozen=True, slots=True)
class EvidenceBench:
    """One timing, with what it depends on."""

    bench: BenchRow
    pillar: str
    sources: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A planted bug, and the laws that rejected it; none if it survived."""

    name: str
    story: str
    laws: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that is known of one device."""

    device: str
    recorded: date
    versions: Mapping[str, str | None]
    budget: str
    seed: int
    digest: str
    rows: tuple[EvidenceRow, ...]
    bench: tuple[EvidenceBench, ...] = ()
    mutants: tuple[Mutant, ...] = ()

    @property
    def killed(self) -> int:
        """How many of the planted mutants were rejected."""
        return sum(bool(mutant.laws) for mutant in self.mutants)


def freshness(row: EvidenceRow | EvidenceBench, root: Path | None = None) -> list[str]:
    """Return the paths of the row's sources that are changed, gone or new; none if it is fresh."""
    about = row if isinstance(row, EvidenceRow) else row.bench
    now = sources(about.operation, row.pillar, about.backend, root)
    return sorted(path for path in now.keys() | row.sources.keys() if now.get(path) != row.sources.get(path))


def record(
    reports: Sequence[Report],
    pillars: Mapping[str, str],
    recorded: date,
    mutants: Iterable[Mutant] = (),
    root: Path | None = None,
) -> Evidence:
    """Make evidence of the reports of several backends on one device.

    ``pillars`` is each operation's pillar. Raises DiagnosticError as ``combine`` does, and for two devices.
    """
    combine(reports)
    devices = {_device(report) for report in reports}
    if len(devices) > 1:
        raise DiagnosticError(
            "evidence-devices",
            f"the reports come from several devices: {', '.join(sorted(devices))}",
            ["evidence speaks of one device"],
            "record each device's reports by themselves",
        )
    header = reports[0].header
    cells: dict[tuple[str, str, str], list[Result]] = {}
    for report in reports:
        for result in report.results:
            backend = short_name(report.header.subject.backend)
            cells.setdefault((result.operation, backend, result.dtype), []).append(result)
    benches = [bench for report in reports for bench in report.benches]
    machine = header.machine
    versions = {
        "draftproof": header.suite.version,
        "python": machine.python,
        "driver": machine.driver,
        "cuda": machine.cuda,
        **header.libraries,
    }
    return Evidence(
        devices.pop(),
        recorded,
        versions,
        header.suite.budget,
        header.suite.seed,
        header.suite.digest,
        tuple(_row(*key, pillars[key[0]], results, root) for key, results in cells.items()),
        tuple(_bench(bench, pillars[bench.operation], root) for bench in benches),
        tuple(mutants),
    )


def file_name(device: str) -> str:
    """Return the evidence file of a device.

    >>> file_name("NVIDIA H100 80GB HBM3")
    'nvidia-h100-80gb-hbm3.json'
    """
    return re.sub(r"[^a-z0-9]+", "-", device.lower()).strip("-") + ".json"


def save(evidence: Evidence, folder: Path) -> Path:
    """Write evidence to the device's file in ``folder``; return its path."""
    # Many rows share their sources; each set of digests is written once, under its own digest.
    shared: dict[str, Mapping[str, str]] = {}

    def named(digests: Mapping[str, str]) -> str:
        name = hashlib.sha256(json.dumps(digests, sort_keys=True).encode()).hexdigest()[:12]
        shared[name] = digests
        return name

    document = {
        "schema": 1,
        "device": evidence.device,
        "recorded": evidence.recorded.isoformat(),
        "versions": evidence.versions,
        "budget": evidence.budget,
        "seed": evidence.seed,
        "digest": evidence.digest,
        "rows": [{**asdict(row), "sources": named(row.sources)} for row in evidence.rows],
        "bench": [
            {**asdict(timed.bench), "pillar": timed.pillar, "sources": named(timed.sources)}
            for timed in evidence.bench
        ],
        "mutants": {
            "killed": evidence.killed,
            "planted": len(evidence.mutants),
            "rows": [asdict(mutant) for mutant in evidence.mutants],
        },
        "sources": shared,
    }
    path = folder / file_name(evidence.device)
    path.write_text(json.dumps(document, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    return path


def load(path: Path) -> Evidence:
    """Read an evidence file; raise DiagnosticError if it is malformed."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DiagnosticError("evidence-malformed", f"{path} is not JSON", [str(error)]) from error
    faults = jsonschema.Draft202012Validator(schema("evidence-v1")).iter_errors(document)
    fault = jsonschema.exceptions.best_match(faults)
    if fault is not None:
        raise DiagnosticError("evidence-malformed", f"{path}: {fault.json_path}: {fault.message}")
    named: dict[str, dict[str, str]] = document["sources"]
    rows = [EvidenceRow(**{**row, "sources": named[row["sources"]]}) for row in document["rows"]]
    return Evidence(
        document["device"],
        date.fromisoformat(document["recorded"]),
        document["versions"],
        document["budget"],
        document["seed"],
        document["digest"],
        tuple(rows),
        tuple(_timed(row, named) for row in document["bench"]),
        tuple(Mutant(m["name"], m["story"], tuple(m["laws"])) for m in document["mutants"]["rows"]),
    )


def _device(report: Report) -> str:
    """Return the GPU; what runs on the processor of a machine that has one belongs to that machine."""
    device, gpu = report.header.subject.device, report.header.machine.gpu
    if device == "cuda":
        return gpu or "cuda"
    return gpu or "cpu" if device == "numpy" else "cpu"


def _row(
    operation: str, backend: str, dtype: str, pillar: str, results: Sequence[Result], root: Path | None
) -> EvidenceRow:
    laws: dict[str, Counter[str]] = {}
    measures: dict[str, float] = {}
    for result in results:
        laws.setdefault(result.law, Counter())[result.state.value] += 1
        for name, value in result.measures.items():
            measures[name] = max(value, measures.get(name, value))
    total = sum(laws.values(), Counter[str]())
    return EvidenceRow(
        operation,
        pillar,
        backend,
        dtype,
        {law: dict(counts) for law, counts in laws.items()},
        sum(result.decisions for result in results),
        sum(result.forgiven for result in results),
        {name: value if math.isfinite(value) else None for name, value in measures.items()},
        overall(total),
        sources(operation, pillar, backend, root),
    )


def _bench(bench: BenchRow, pillar: str, root: Path | None) -> EvidenceBench:
    bench = replace(bench, backend=short_name(bench.backend))
    return EvidenceBench(bench, pillar, sources(bench.operation, pillar, bench.backend, root))


def _timed(row: dict[str, Any], named: Mapping[str, Mapping[str, str]]) -> EvidenceBench:
    digests, pillar = named[row.pop("sources")], row.pop("pillar")
    return EvidenceBench(BenchRow(**row), pillar, digests)
