"""A row is stale exactly if something that it depends on does something else now."""

from dataclasses import replace
from typing import Any

import pytest

from draftproof.conformance.evidence.freshness import CASE_LIST, Today
from draftproof.conformance.evidence.records import Evidence
from draftproof.conformance.reporting.badge import colour
from draftproof.conformance.reporting.matrix import Matrix, markdown
from draftproof.properties.cases import plan as planning


def stale_pairs(evidence: Evidence, today: Today) -> set[tuple[str, str]]:
    return {(row.operation, row.backend) for row in evidence.rows if today.find_changes(row)}


@pytest.mark.parametrize(
    "path",
    [
        "reference/speculative/verify_chain.py",
        "properties/laws/written.py",
        "optimized/cuda/sampling/softmax.py",
        "optimized/cuda/loader.py",
    ],
)
def test_a_comment_or_a_docstring_keeps_everything_fresh(evidence: Evidence, tree: Any, path: str) -> None:
    assert not stale_pairs(evidence, tree.look())
    tree.edit(path, '\n# a comment\n"""and what is only said"""\n')
    assert not stale_pairs(evidence, tree.look())


BACKENDS = ("eager", "triton", "cupy", "cuda")
CHANGES = {
    "optimized/triton/speculative/verify_chain.py": {("verify_chain", "triton")},
    # From another pillar: this was not seen once.
    "optimized/cuda/sampling/softmax.py": {("softmax", "cuda"), ("verify_chain", "cuda")},
    "optimized/cuda/loader.py": {("verify_chain", "cuda")},
    "axes.py": {("verify_chain", "cuda")},
    "reference/distribution.py": {("verify_chain", backend) for backend in BACKENDS},
    "properties/core/law.py": {("verify_chain", backend) for backend in BACKENDS},
    # Through a name of the package, inside a function.
    "reference/sampling/softmax.py": {(o, b) for o in ("softmax", "verify_chain") for b in BACKENDS},
    "optimized/operations.py": set(),
    "optimized/cuda/__init__.py": set(),
    "properties/mutants/base/chain.py": set(),
}


@pytest.mark.parametrize("path", CHANGES)
def test_a_change_makes_exactly_what_depends_on_it_stale(evidence: Evidence, tree: Any, path: str) -> None:
    tree.edit(path, "\nchanged = True\n")
    today = tree.look()
    assert stale_pairs(evidence, today) == CHANGES[path]
    for row in evidence.rows:
        expected = [path] if (row.operation, row.backend) in CHANGES[path] else []
        assert today.find_changes(row) == expected


def test_a_changed_header_makes_its_kernels_stale(evidence: Evidence, tree: Any) -> None:
    tree.edit("optimized/cuda/include/tile.cuh", "// only said\n")
    assert not stale_pairs(evidence, tree.look())
    tree.edit("optimized/cuda/include/tile.cuh", "int tile;\n")
    assert stale_pairs(evidence, tree.look()) == {("verify_chain", "cuda")}


def test_a_lost_source_and_a_new_one_count_as_changed(evidence: Evidence, tree: Any) -> None:
    (tree.root / "reference/sampling/sample.py").unlink()
    (tree.root / "optimized/triton/sampling/softmax.py").write_text("from draftproof.axes import SIZE")
    today = tree.look()
    rows = {(row.operation, row.backend): today.find_changes(row) for row in evidence.rows}
    assert rows["sample", "triton"] == ["reference/sampling/sample.py"]
    assert rows["softmax", "triton"] == ["axes.py", "optimized/triton/sampling/softmax.py"]


def test_a_new_operation_makes_nothing_stale(evidence: Evidence, tree: Any) -> None:
    place = "properties/contracts/sampling/resample.py"
    for path in (
        place,
        "reference/sampling/resample.py",
        "optimized/cuda/sampling/resample.py",
        "properties/mutants/resampled.py",
    ):
        tree.edit(path, "from draftproof.axes import SIZE")
    for path in ("reference", "optimized/cuda", "properties/mutants/base"):
        tree.edit(f"{path}/__init__.py", "\nfrom draftproof.reference.sampling.resample import resample\n")
    tree.edit("optimized/operations.py", "\nimport draftproof.optimized.cuda.sampling.resample\n")
    today = tree.look(resample=place)
    assert not stale_pairs(evidence, today)
    for timed in evidence.bench:
        assert today.find_changes(timed) == [CASE_LIST]  # their shapes are made up


def test_other_cases_are_a_reason_of_their_own(
    evidence: Evidence, tree: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = next(row for row in evidence.rows if row.operation == "sample")
    assert not tree.look().find_changes(row)
    monkeypatch.setitem(planning.LEAST, "standard", 999)
    assert tree.look().find_changes(row) == [CASE_LIST]


def test_what_has_no_contract_any_more_is_stale(evidence: Evidence, today: Today) -> None:
    fewer = {name: contract for name, contract in today.contracts.items() if name != "sample"}
    gone = replace(today, contracts=fewer)
    row = next(row for row in evidence.rows if row.operation == "sample")
    assert gone.find_changes(row) == ["sample (gone)"]
    assert "sample" in Matrix.from_evidence(evidence, gone).operations


def test_timings_and_mutants_are_stale_by_what_they_depend_on(evidence: Evidence, tree: Any) -> None:
    timed = [each for each in evidence.bench if each.bench.operation == "verify_chain"]
    assert timed
    tree.edit("optimized/eager/speculative/verify_chain.py", "\nx = 1\n")
    tree.edit("properties/laws/written.py", "\nx = 1\n")
    today = tree.look()
    for each in timed:  # the shapes are made up: that they are no longer asked for is right
        assert today.find_changes(each) == ["optimized/eager/speculative/verify_chain.py", CASE_LIST]


def test_the_matrix_shows_stale_absent_and_not_run(evidence: Evidence, tree: Any) -> None:
    tree.edit("optimized/triton/speculative/verify_chain.py", "\nx = 1\n")
    (tree.root / "optimized/cupy/sampling/uniforms.py").unlink()
    kept = [replace(o, rows=tuple(r for r in o.rows if r.backend != "cupy")) for o in evidence.operations]
    matrix = Matrix.from_evidence(replace(evidence, operations=tuple(kept)), tree.look())
    text = markdown(matrix).splitlines()
    (chain,) = (line for line in text if line.startswith("| `verify_chain` |"))
    assert chain == "| `verify_chain` | float32 | ✓ P 120/120 | ↻ S 0/120 | · N 0/1 | ✓ P 120/120 |"
    (uniforms,) = (line for line in text if line.startswith("| `uniforms` |"))
    assert uniforms.split(" | ")[4] == "○ A"
    assert colour(matrix.score) == "lightgrey"
