"""What the project shows of itself: badge, matrix and charts, made from the evidence."""

import json
import math
import statistics
import tomllib
from collections.abc import Iterable
from pathlib import Path

from draftproof.conformance.diagnostic import DiagnosticError
from draftproof.conformance.evidence import store
from draftproof.conformance.evidence.campaigns import sum_up
from draftproof.conformance.evidence.freshness import Today
from draftproof.conformance.evidence.records import Evidence, Mutant, Run
from draftproof.conformance.power import page as power
from draftproof.conformance.reporting import badge, charts, matrix
from draftproof.conformance.studies.prefix import docs_page

EVIDENCE = store.FOLDER
SHOWN = Path("docs") / "evidence"
"""Where charts, tables and badges lie, relative to the project."""

FASTEST = Path("optimized") / "fastest.json"
"""What the package's own choice of a backend follows, relative to the project."""

README_OPERATIONS = ("verify_chain",)
"""What the README's chart shows; the others are in the full one."""

NONE_YET = "There is no evidence yet: `nox -s evidence` makes it, on a machine with a GPU."


def require_checkout(root: Path) -> None:
    """Refuse a folder that is no checkout of this project: its evidence is no other project's."""
    project = root / "pyproject.toml"
    named = tomllib.loads(project.read_text(encoding="utf-8")) if project.is_file() else {}
    if named.get("project", {}).get("name") != "draftproof":
        raise DiagnosticError(
            "checkout-foreign",
            f"{root.resolve()} is no checkout of draftproof, whose evidence this is",
            [],
            "run it there; a backend's own badge is in the folder that draftproof check --report names",
        )


def update(root: Path, write: bool = True) -> list[str]:
    """Make what follows from the evidence under ``root``; return the files that changed (or would).

    Badge and README show the first device; without evidence they say that there is none. Raises
    DiagnosticError if ``root`` is no checkout of draftproof, or the README lacks the markers.
    """
    require_checkout(root)
    today = Today()
    made: dict[Path, str] = {}
    devices = [(folder, store.load_device(folder)) for folder in store.list_devices(EVIDENCE)]
    for folder, evidence in devices:
        made |= _show_device(evidence, root / SHOWN, folder, today)
    folder, first = devices[0] if devices else (EVIDENCE, Evidence("no device", ()))
    made |= _make_badge(first, root / SHOWN / "badge", today)
    if (root / FASTEST).exists() and first.bench:
        made[root / FASTEST] = json.dumps(rank_backends(first), indent=1) + "\n"
    readme = root / "README.md"
    if readme.exists():
        text = matrix.update_markers(
            readme.read_text(encoding="utf-8"), "matrix", _readme(first, folder.name, today)
        )
        made[readme] = matrix.update_markers(text, "chart", _chart(first, folder.name))
    made |= docs_page.render_docs_page(root)
    changed = [
        path for path, text in made.items() if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    if write:
        for path in changed:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(made[path], encoding="utf-8")
    return [path.relative_to(root).as_posix() for path in changed]


def rank_backends(evidence: Evidence) -> dict[str, list[str]]:
    """Return each timed operation's backends, fastest first by the geometric mean over the shapes."""
    logs: dict[str, dict[str, list[float]]] = {}
    for timed in evidence.bench:
        times = logs.setdefault(timed.bench.operation, {}).setdefault(timed.bench.backend, [])
        times.append(math.log(timed.bench.microseconds))
    return {
        operation: sorted(means, key=lambda backend: statistics.mean(means[backend]))
        for operation, means in logs.items()
    }


def _show_device(evidence: Evidence, folder: Path, data: Path, today: Today) -> dict[Path, str]:
    rows = [timed.bench for timed in evidence.bench]
    spent = sum_up(data)
    made = {folder / f"{data.name}.md": _page(evidence, data.name, today, spent)}
    made |= _make_badge(evidence, folder / f"{data.name}-badge", today)
    if rows:
        made[folder / f"{data.name}-speed.svg"] = charts.chart(rows)
    if shown := [row for row in rows if row.operation in README_OPERATIONS]:
        made[folder / f"{data.name}-chain.svg"] = charts.chart(shown)
    return made


def _make_badge(evidence: Evidence, path: Path, today: Today) -> dict[Path, str]:
    """Make the badge, as a drawing and as an endpoint; grey where there is no evidence."""
    if evidence.rows:
        score = matrix.Matrix.from_evidence(evidence, today).score
        budget = _join(run.budget for run in _runs(evidence))
        seen = power.state_power(budget, power.load_tables(), today)
        about = score, budget, _short(evidence), seen
        drawn = badge.svg(*about), badge.endpoint(*about)
    else:
        drawn = badge.svg_of_nothing(), badge.endpoint_of_nothing()
    return {path.with_suffix(".svg"): drawn[0], path.with_suffix(".json"): json.dumps(drawn[1]) + "\n"}


def _short(evidence: Evidence) -> str:
    return evidence.device.removeprefix("NVIDIA ").split()[0]


def _describe_stale(evidence: Evidence, today: Today) -> str:
    """Return what has changed since the run; empty if it still speaks of the code at hand."""
    named = ", ".join(f"`{reason}`" for reason in today.find_stale(evidence))
    return f" Stale, until the run is repeated: changed since are {named}." if named else ""


def _readme(evidence: Evidence, name: str, today: Today) -> str:
    if not evidence.operations:
        return NONE_YET
    table = matrix.Matrix.from_evidence(evidence, today)
    full = f" That run in full: [{SHOWN.as_posix()}]({SHOWN.as_posix()}/{name}.md)."
    sentence = _summarise(evidence, today, "") + _describe_stale(evidence, today) + full
    return "\n\n".join([matrix.markdown(table), sentence])


def _chart(evidence: Evidence, name: str) -> str:
    if not any(timed.bench.operation in README_OPERATIONS for timed in evidence.bench):
        return "No timings yet; what was measured while tuning is in [docs/performance](docs/performance)."
    return f"![Microseconds by batch size and backend]({SHOWN.as_posix()}/{name}-chain.svg)"


def _runs(evidence: Evidence) -> list[Run]:
    return sorted((item.run for item in evidence.items), key=lambda run: run.recorded)


def _summarise(evidence: Evidence, today: Today, to_root: str) -> str:
    runs = _runs(evidence)
    days = _join((run.recorded.isoformat() for run in (runs[0], runs[-1])), " to ")
    return (
        f"{evidence.device}, {days}, budget {_join(run.budget for run in runs)}, "
        f"seed {_join(str(run.seed) for run in runs)}. {_say_power(runs, today, to_root)}"
    )


def _say_power(runs: Iterable[Run], today: Today, to_root: str) -> str:
    """Say how many wrong implementations the budget of the runs rejects, and where that stands."""
    what = f"[what the suite can see]({to_root}docs/power.md)"
    tables = power.load_tables()
    shares = {run.budget: power.state_power(run.budget, tables, today) for run in runs}
    if not all(shares.values()):
        return f"How many wrong implementations that budget rejects has to be measured again: {what}."
    faults = sum(table.count("faults") for table in tables)
    said = " and ".join(f"{share} at {budget}" for budget, share in shares.items())
    return f"Of {faults:,} wrong implementations made from the contracts it rejects {said}: {what}."


def _join(words: Iterable[str], between: str = ", ") -> str:
    """Join words, each once."""
    return between.join(dict.fromkeys(words))


def _fate(mutant: Mutant) -> str:
    return f"rejected by {', '.join(mutant.laws)}" if mutant.laws else "**survived**"


def _page(evidence: Evidence, name: str, today: Today, spent: str) -> str:
    table = matrix.Matrix.from_evidence(evidence, today)
    parts = [
        f"# Evidence: {evidence.device}",
        _summarise(evidence, today, "../../") + _describe_stale(evidence, today),
        matrix.markdown(table),
        "## Planted bugs",
        f"{evidence.killed} of {len(evidence.mutants)} are rejected.",
        "\n".join(f"- `{mutant.name}`: {_fate(mutant)}. {mutant.story}" for mutant in evidence.mutants),
    ]
    if evidence.bench:
        drawn = f"![Times as ratios to the byte floor, and against size]({name}-speed.svg)"
        parts += ["## Speed", drawn, charts.markdown([timed.bench for timed in evidence.bench])]
    libraries: dict[str, list[str]] = {}
    for run in _runs(evidence):
        for library, version in run.versions.items():
            libraries.setdefault(library, []).extend([version] if version else [])
    versions = ", ".join(f"{name} {_join(known, ' and ')}" for name, known in libraries.items() if known)
    return "\n\n".join([*parts, f"Versions: {versions}. {spent}"]).rstrip() + "\n"
