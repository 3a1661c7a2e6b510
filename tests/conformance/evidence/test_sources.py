"""What a result depends on: all that is imported and included, and nothing that only names it."""

import ast
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import draftproof
from draftproof.conformance.evidence.sources import Sources, find_contracts
from draftproof.conformance.running.backends import BACKENDS
from draftproof.properties.contracts import CONTRACTS

PACKAGE = Path(draftproof.__file__).parent
PROOF = {
    "reference/distribution.py",
    "reference/sampling/softmax.py",
    "reference/speculative/verify_chain.py",
    "properties/contracts/speculative/verify_chain.py",
    "properties/core/law.py",
    "properties/judges/replay.py",
    "properties/laws/written.py",
}
KERNEL = {
    "axes.py",
    "optimized/cuda/include/tile.cuh",
    "optimized/cuda/loader.py",
    "optimized/cuda/rows.cuh",
    "optimized/cuda/sampling/softmax.py",
    "optimized/cuda/speculative/beside.cuh",
    "optimized/cuda/speculative/verify_chain.cu",
    "optimized/cuda/speculative/verify_chain.py",
    "optimized/results.py",
}


def test_a_row_depends_on_oracle_contract_and_kernel_and_what_they_import(tree: Any) -> None:
    sources = tree.sources()
    assert set(sources.of_row("verify_chain", "cuda")) == PROOF | KERNEL
    assert set(sources.of_row("verify_chain", "reference")) == PROOF
    with pytest.raises(FileNotFoundError, match="no such source"):
        sources.of_row("verify_chain", "mojo")


def test_a_timing_depends_on_the_baseline_and_on_no_law(tree: Any) -> None:
    found = set(tree.sources().of_timing("verify_chain", "cuda"))
    unused = {
        "properties/laws/written.py",
        "properties/core/law.py",
        "reference/speculative/verify_chain.py",
        "reference/distribution.py",
    }
    eager = {"optimized/eager/speculative/verify_chain.py", "optimized/eager/__init__.py: CONFORMANCE"}
    assert found == (PROOF - unused) | KERNEL | eager


def test_a_mutant_depends_on_its_base_and_not_on_what_lies_beside(tree: Any) -> None:
    found = set(tree.sources().of_mutant(("verify_chain",), "draftproof.properties.mutants.zero_coin"))
    assert found == PROOF | {"properties/mutants/zero_coin.py", "properties/mutants/base/chain.py"}


@pytest.mark.parametrize("operation", ["sample", "softmax"])
def test_what_a_backend_declares_of_an_operation_counts_for_that_one(tree: Any, operation: str) -> None:
    before = tree.sources().of_row(operation, "eager")
    init = tree.root / "optimized/eager/__init__.py"
    init.write_text(init.read_text().replace('("sample",)', '("verify_chain", "sample")'))
    assert tree.sources().of_row(operation, "eager") == before
    init.write_text(init.read_text().replace(', "sample")', ",)"))
    assert (tree.sources().of_row(operation, "eager") == before) == (operation == "softmax")


def test_the_signature_that_eager_declares_counts_for_every_kernel(tree: Any) -> None:
    eager = tree.root / "optimized/eager/speculative/verify_chain.py"
    eager.write_text('def verify_chain(p: "float32 [V]") -> int:\n    """Verify."""\n    return 1\n')
    before = tree.sources().of_row("verify_chain", "cuda")
    assert "optimized/eager/speculative/verify_chain.py: signature" in before
    eager.write_text(eager.read_text().replace("return 1", "return 2"))
    assert tree.sources().of_row("verify_chain", "cuda") == before
    eager.write_text(eager.read_text().replace("[V]", "[B, V]"))
    assert tree.sources().of_row("verify_chain", "cuda") != before


REAL = Sources()
KERNELS = [name.rpartition(".")[2] for name in BACKENDS[1:]]
PAIRS = [
    (operation, backend)
    for operation in CONTRACTS
    for backend in KERNELS
    if REAL.kernel_of(operation, backend).is_file()
]


def test_every_contract_is_found_where_it_is_defined() -> None:
    assert find_contracts().keys() == CONTRACTS.keys()


def test_every_native_source_belongs_to_some_operation() -> None:
    met = {path for pair in PAIRS for path in REAL.of_row(*pair)}
    suffixes = {".cu", ".cuh", ".cpp", ".h"}
    native = {path for path in (PACKAGE / "optimized").rglob("*") if path.suffix in suffixes}
    assert {path.relative_to(PACKAGE).as_posix() for path in native} <= met


@pytest.mark.parametrize(("operation", "backend"), PAIRS)
def test_a_real_row_depends_on_no_other_backend(operation: str, backend: str) -> None:
    sources = [path for path in REAL.of_row(operation, backend) if not path.endswith(": signature")]
    found = [path.split("/")[1] for path in sources if path.startswith("optimized/")]
    assert set(found) & {*KERNELS} == {backend}


@pytest.mark.parametrize(("operation", "backend"), PAIRS)
def test_no_import_of_a_real_row_is_overlooked(operation: str, backend: str) -> None:
    known = set(REAL.of_row(operation, backend))
    for name in known:
        if name.endswith(".py"):
            assert modules_imported(name) <= known, name


@cache
def modules_imported(name: str) -> set[str]:
    """Return the files of the modules that a file's import statements name."""
    found = set()
    for node in ast.walk(ast.parse((PACKAGE / name).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("draftproof."):
            folder = (node.module or "").removeprefix("draftproof.").replace(".", "/")
            found |= {f"{folder}.py", *(f"{folder}/{alias.name}.py" for alias in node.names)}
    return {path for path in found if (PACKAGE / path).is_file()}
