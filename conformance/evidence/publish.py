"""What the project shows of itself: evidence recorded, and badge, matrix and charts made from it."""

import json
import math
import statistics
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from draftproof.conformance.diagnostic import DiagnosticError
from draftproof.conformance.evidence.machine import machine
from draftproof.conformance.evidence.store import (
    Evidence,
    EvidenceBench,
    EvidenceRow,
    Mutant,
    freshness,
    load,
    save,
)
from draftproof.conformance.evidence.store import record as record_evidence
from draftproof.conformance.reporting import badge, charts, matrix
from draftproof.conformance.reporting.records import BenchRow, Report
from draftproof.conformance.reporting.report import short_name
from draftproof.conformance.studies.prefix import docs_page
from draftproof.properties.contracts import CONTRACTS
from draftproof.properties.mutants import MUTANTS
from draftproof.properties.mutants.kill import judge

EVIDENCE = Path(__file__).parent / "data"
SHOWN = Path("docs") / "evidence"
"""Where charts, tables and badges lie, relative to the project."""

FASTEST = Path("optimized") / "fastest.json"
"""What the package's own choice of a backend follows, relative to the project."""

README_OPERATIONS = ("verify_chain",)
"""What the README's chart shows; the others are in the full one."""


def record(reports: Sequence[Report], timings: Path | None = None, folder: Path | None = None) -> Path:
    """Judge every mutant that can run here, and write evidence of the reports beside it; return the file.

    ``timings`` is the ``bench.json`` of a run of ``draftproof bench`` on the same device.
    """
    if timings is not None:
        reports = [replace(report, benches=_timed(report, timings)) for report in reports]
    here = {"cpu", "cuda"} if machine().gpu else {"cpu"}
    killed = [
        Mutant(name, mutant.story, tuple(judge(mutant, "cpu" if "cpu" in mutant.devices else "cuda")))
        for name, mutant in MUTANTS.items()
        if here & set(mutant.devices)
    ]
    pillars = {contract.name: contract.pillar for contract in CONTRACTS.values()}
    evidence = record_evidence(reports, pillars, datetime.now(UTC).date(), killed)
    target = folder or EVIDENCE
    target.mkdir(parents=True, exist_ok=True)
    return save(evidence, target)


def _timed(report: Report, timings: Path) -> tuple[BenchRow, ...]:
    rows = (BenchRow(**row) for row in json.loads(timings.read_text(encoding="utf-8")))
    return tuple(row for row in rows if row.backend == short_name(report.header.subject.backend))


def update(root: Path, write: bool = True) -> list[str]:
    """Make what follows from the evidence under ``root``; return the files that changed (or would).

    Raises DiagnosticError if there is no evidence, or the README lacks the markers.
    """
    found = sorted(EVIDENCE.glob("*.json"))
    if not found:
        raise DiagnosticError(
            "evidence-none", "there is no evidence yet", [], "draftproof record report/*.jsonl"
        )
    made: dict[Path, str] = {}
    for path in found:
        made |= _from(load(path), root / SHOWN, path.stem)
    if (root / FASTEST).exists():
        made[root / FASTEST] = json.dumps(fastest(load(found[0])), indent=1) + "\n"
    readme = root / "README.md"
    if readme.exists():
        first = load(found[0])
        text = matrix.update_markers(readme.read_text(encoding="utf-8"), "matrix", _readme(first))
        made[readme] = matrix.update_markers(text, "chart", _chart(first, found[0].stem))
    made |= docs_page.render_docs_page(root)
    changed = [
        path for path, text in made.items() if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    if write:
        for path in changed:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(made[path], encoding="utf-8")
    return [path.relative_to(root).as_posix() for path in changed]


def fastest(evidence: Evidence) -> dict[str, list[str]]:
    """Return each timed operation's backends, fastest first by the geometric mean over the shapes."""
    logs: dict[str, dict[str, list[float]]] = {}
    for timed in evidence.bench:
        times = logs.setdefault(timed.bench.operation, {}).setdefault(timed.bench.backend, [])
        times.append(math.log(timed.bench.microseconds))
    return {
        operation: sorted(means, key=lambda backend: statistics.mean(means[backend]))
        for operation, means in logs.items()
    }


def _from(evidence: Evidence, folder: Path, stem: str) -> dict[Path, str]:
    table = matrix.Matrix.from_evidence(evidence)
    rows = [timed.bench for timed in evidence.bench]
    endpoint = badge.endpoint(table.score, evidence.budget, _short(evidence))
    made = {
        folder / f"{stem}.md": _page(evidence, table),
        folder / f"{stem}-badge.svg": badge.svg(table.score, evidence.budget, _short(evidence)),
        folder / f"{stem}-badge.json": json.dumps(endpoint) + "\n",
    }
    if rows:
        made[folder / f"{stem}-speed.svg"] = charts.chart(rows)
        made[folder / f"{stem}-chain.svg"] = charts.chart(
            [row for row in rows if row.operation in README_OPERATIONS]
        )
    return made


def _short(evidence: Evidence) -> str:
    return evidence.device.removeprefix("NVIDIA ").split()[0]


def _stale(evidence: Evidence) -> str:
    """Return which sources have changed since the run; empty if it still speaks of the code at hand."""
    rows: list[EvidenceRow | EvidenceBench] = [*evidence.rows, *evidence.bench]
    changed = {path for row in rows for path in freshness(row)}
    named = ", ".join(f"`{path}`" for path in sorted(changed))
    return f" Stale, until the run is repeated: changed since are {named}." if changed else ""


def _readme(evidence: Evidence) -> str:
    table = matrix.Matrix.from_evidence(evidence)
    return "\n\n".join([matrix.markdown(table), _sentence(evidence) + _stale(evidence)])


def _chart(evidence: Evidence, stem: str) -> str:
    if not evidence.bench:
        return "No timings yet; what was measured while tuning is in [docs/performance](docs/performance)."
    return f"![Microseconds by batch size and backend]({SHOWN.as_posix()}/{stem}-chain.svg)"


def _sentence(evidence: Evidence) -> str:
    return (
        f"{evidence.device}, {evidence.recorded.isoformat()}, budget {evidence.budget}, "
        f"seed {evidence.seed}; "
        f"the suite kills {evidence.killed} of {len(evidence.mutants)} planted bugs."
    )


def _fate(mutant: Mutant) -> str:
    return f"rejected by {', '.join(mutant.laws)}" if mutant.laws else "**survived**"


def _page(evidence: Evidence, table: matrix.Matrix) -> str:
    parts = [
        f"# Evidence: {evidence.device}",
        _sentence(evidence) + _stale(evidence),
        matrix.markdown(table),
        "## Planted bugs",
        "\n".join(f"- `{mutant.name}`: {_fate(mutant)}. {mutant.story}" for mutant in evidence.mutants),
    ]
    if evidence.bench:
        parts += ["## Speed", charts.markdown([timed.bench for timed in evidence.bench])]
    versions = ", ".join(f"{name} {version}" for name, version in evidence.versions.items() if version)
    return "\n\n".join([*parts, f"Versions: {versions}. Case list: `{evidence.digest}`."]) + "\n"
