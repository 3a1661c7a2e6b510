import ast
import json
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

import draftproof
from draftproof.conformance.diagnostic import DiagnosticError
from draftproof.conformance.evidence.sources import PILLARS
from draftproof.conformance.evidence.store import (
    Evidence,
    Mutant,
    file_name,
    freshness,
    load,
    record,
    save,
    sources,
)
from draftproof.conformance.reporting.badge import colour
from draftproof.conformance.reporting.matrix import Matrix, markdown
from draftproof.conformance.reporting.records import Report

PACKAGE = Path(draftproof.__file__).parent
PILLAR = {
    "verify_chain": "speculative",
    "verify_chain_greedy": "speculative",
    "sample": "sampling",
    "softmax": "sampling",
    "uniforms": "sampling",
    "vector_add": "primitives",
}
FILES = (
    "reference/distribution.py",
    "reference/speculative/verify_chain.py",
    "reference/sampling/sample.py",
    "properties/case.py",
    "properties/judges/replay.py",
    "properties/laws/law.py",
    "properties/laws/grammar.py",
    "properties/inputs/rows.py",
    "properties/contracts/speculative.py",
    "properties/contracts/sampling.py",
    "optimized/compiled.py",
    "optimized/results.py",
    "optimized/signatures/signature.py",
    "optimized/triton/__init__.py",
    "optimized/triton/speculative/verify_chain.py",
    "optimized/triton/sampling/sample.py",
    "optimized/cuda/loader.py",
    "optimized/cuda/speculative/verify_chain.cu",
    "optimized/cuda/include/tile.cuh",
    "optimized/cuda/build/chain.o",
    "optimized/eager/__init__.py",
    "optimized/cupy/__init__.py",
)
CONTENTS = {
    "properties/contracts/speculative.py": "from draftproof.properties.judges import replay",
    "properties/judges/replay.py": "from draftproof.properties.core.law import Law",
    "properties/laws/law.py": "import draftproof.properties.inputs.rows",
}
"""What the contract depends on, step by step; of other files only the name matters."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A package with a file of every kind."""
    for name in FILES:
        path = tmp_path / "package" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(CONTENTS.get(name, "") if path.suffix == ".py" else name)
    return tmp_path / "package"


@pytest.fixture
def evidence(reports: tuple[Report, ...], mutants: tuple[Mutant, ...], root: Path) -> Evidence:
    return record(reports, PILLAR, date(2026, 11, 21), mutants, root)


def test_sources_of_a_kernel(root: Path) -> None:
    found = sources("verify_chain", "speculative", "cuda", root)
    assert set(found) == {
        "reference/distribution.py",
        "reference/speculative/verify_chain.py",
        "properties/case.py",
        "properties/judges/replay.py",
        "properties/laws/law.py",
        "properties/inputs/rows.py",
        "properties/contracts/speculative.py",
        "optimized/compiled.py",
        "optimized/results.py",
        "optimized/signatures/signature.py",
        "optimized/cuda/loader.py",
        "optimized/cuda/speculative/verify_chain.cu",
        "optimized/cuda/include/tile.cuh",
    }
    assert not any(path.startswith("optimized") for path in sources("sample", "sampling", "reference", root))
    with pytest.raises(FileNotFoundError, match="mojo"):
        sources("sample", "sampling", "mojo", root)


def test_a_changed_source_makes_its_rows_stale_and_no_others(evidence: Evidence, root: Path) -> None:
    assert not any(freshness(row, root) for row in (*evidence.rows, *evidence.bench))
    assert colour(Matrix.from_evidence(evidence, root).score) == "red"

    changed = "optimized/triton/speculative/verify_chain.py"
    (root / changed).write_text("one kernel changed")
    for row in evidence.rows:
        touched = row.backend == "triton" and row.pillar == "speculative"
        assert freshness(row, root) == [changed] * touched
    for timed in evidence.bench:
        touched = timed.bench.backend == "triton" and timed.pillar == "speculative"
        assert freshness(timed, root) == [changed] * touched
    matrix = Matrix.from_evidence(evidence, root)
    assert matrix.cells["verify_chain", matrix.columns[3]].text == "↻ S 0/120"
    assert colour(matrix.score) == "lightgrey"
    assert "↻ S stale" in markdown(matrix)


def test_new_and_missing_sources_count_as_changed(evidence: Evidence, root: Path) -> None:
    (root / "reference/sampling/sample.py").unlink()
    (root / "optimized/triton/sampling/extra.py").write_text("new")
    row = next(row for row in evidence.rows if (row.operation, row.backend) == ("sample", "triton"))
    assert freshness(row, root) == ["optimized/triton/sampling/extra.py", "reference/sampling/sample.py"]


def test_saved_evidence_is_read_back(evidence: Evidence, tmp_path: Path) -> None:
    path = save(evidence, tmp_path)
    assert path.name == file_name("NVIDIA H100 80GB HBM3") == "nvidia-h100-80gb-hbm3.json"
    assert load(path) == evidence
    document = json.loads(path.read_text())
    assert document["mutants"]["killed"] == 1
    assert document["mutants"]["planted"] == 2
    assert "triton" in document["versions"]


def test_rows_add_up(evidence: Evidence, reports: tuple[Report, ...]) -> None:
    assert sum(sum(row.counts.values()) for row in evidence.rows) == sum(len(r.results) for r in reports)
    row = next(row for row in evidence.rows if (row.operation, row.backend) == ("verify_chain", "cupy"))
    assert row.laws["agrees with the oracle"] == {"pass": 13, "fail": 7}
    assert (row.state, row.decisions, row.measures["error_eps"]) == ("fail", 120 * 120, 2.875)
    crashed = next(row for row in evidence.rows if (row.operation, row.backend) == ("sample", "cupy"))
    assert crashed.measures["tv"] is None


def test_evidence_speaks_of_one_device(reports: tuple[Report, ...], root: Path) -> None:
    machine = replace(reports[1].header.machine, gpu="NVIDIA B200")
    other = replace(reports[1], header=replace(reports[1].header, machine=machine))
    with pytest.raises(DiagnosticError, match="several devices"):
        record([reports[0], other], PILLAR, date(2026, 11, 21), root=root)


def test_the_host_s_code_belongs_to_the_machine_with_the_gpu(reports: tuple[Report, ...], root: Path) -> None:
    subject = replace(reports[1].header.subject, device="numpy")
    host = replace(reports[1], header=replace(reports[1].header, subject=subject))
    pair = [reports[0], host]
    assert record(pair, PILLAR, date(2026, 11, 21), root=root).device == "NVIDIA H100 80GB HBM3"

    elsewhere = replace(host.header, machine=replace(host.header.machine, gpu=None))
    with pytest.raises(DiagnosticError, match="several devices"):
        record([reports[0], replace(host, header=elsewhere)], PILLAR, date(2026, 11, 21), root=root)


def test_malformed_evidence_is_refused(evidence: Evidence, tmp_path: Path) -> None:
    path = save(evidence, tmp_path)
    document = json.loads(path.read_text())
    document["rows"][0]["state"] = "fine"
    path.write_text(json.dumps(document))
    with pytest.raises(DiagnosticError, match=r"\$\.rows\[0\]\.state"):
        load(path)


def test_a_copy_of_the_real_package_is_fresh_until_it_changes(tmp_path: Path) -> None:
    before = sources("verify_chain", "speculative", "eager")
    assert "reference/speculative/verify_chain.py" in before
    for name in before:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PACKAGE / name, tmp_path / name)
    assert sources("verify_chain", "speculative", "eager", tmp_path) == before


KERNELS = sorted(
    (path.parent.name, path.name) for path in (PACKAGE / "optimized").glob("*/*") if path.name in PILLARS
)


@pytest.mark.parametrize(("backend", "pillar"), KERNELS)
def test_what_a_result_depends_on_imports_nothing_outside_their_sources(backend: str, pillar: str) -> None:
    """Otherwise a change could go unseen. A package's ``__init__`` lists every pillar, and runs none."""
    known = sources("any", pillar, backend)
    for name in known:
        if name.endswith(".py") and "__init__" not in name:
            for node in ast.walk(ast.parse((PACKAGE / name).read_text(encoding="utf-8"))):
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("draftproof."):
                    paths = _files(node)
                    if name.startswith("properties"):  # lists of contracts, which are found by name
                        paths = {path for path in paths if not path.endswith("/__init__.py")}
                    assert paths <= set(known), f"{name} imports {sorted(paths - set(known))}"


def _files(node: ast.ImportFrom) -> set[str]:
    assert node.module is not None
    folder = node.module.removeprefix("draftproof.").replace(".", "/")
    if (PACKAGE / folder).is_dir():
        inside = {f"{folder}/{name.name}.py" for name in node.names}
        return {path if (PACKAGE / path).is_file() else f"{folder}/__init__.py" for path in inside}
    return {f"{folder}.py"}
