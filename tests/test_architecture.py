"""The shape of the project: who imports whom, what every operation has, how long a file may be."""

import ast
import doctest
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from draftproof import reference
from draftproof.optimized import eager, results
from draftproof.properties.contracts import CONTRACTS, FUNCTIONS

ROOT = Path(__file__).parents[1]
FOLDERS = ("reference", "optimized", "properties", "conformance")
MAY_IMPORT = {
    "reference": {"reference"},
    "optimized": {"optimized"},
    "properties": {"properties", "reference"},
    "conformance": {"conformance", "properties", "reference", "optimized"},
}
"""The arrows; the tests inside ``properties`` may also import what they test."""

LONGEST = 350
MOST_MODULES = 13
CODE = {".py", ".cu", ".cuh", ".h", ".cpp"}


def files(*suffixes: str) -> list[Path]:
    """Return the project's own files, each once."""
    found = []
    for top in (*FOLDERS, "examples", "tests", "docs"):
        found += [path for path in (ROOT / top).rglob("*") if path.suffix in suffixes]
    found += [path for path in ROOT.iterdir() if path.suffix in suffixes]
    found += [path for path in (ROOT / "src" / "draftproof").iterdir() if path.suffix in suffixes]
    return sorted(path for path in found if "__pycache__" not in path.parts)


def named(paths: list[Path]) -> list[object]:
    """Return test parameters with readable names."""
    return [pytest.param(path, id=str(path.relative_to(ROOT))) for path in paths]


def imports(path: Path) -> set[str]:
    """Return the dotted names of everything that a file imports, at its top or inside a function."""
    modules = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import in line {node.lineno}"
            modules |= {f"{node.module}.{alias.name}" for alias in node.names}
    return modules


def subpackages(path: Path) -> set[str]:
    """Return which of the four folders a file imports."""
    parts = [module.split(".") for module in imports(path) if module.startswith("draftproof.")]
    return {part[1] for part in parts} & set(FOLDERS)


@pytest.mark.parametrize("path", named([p for p in files(".py") if p.relative_to(ROOT).parts[0] in FOLDERS]))
def test_imports_follow_the_arrows(path: Path) -> None:
    folder, *rest = path.relative_to(ROOT).parts
    allowed = set(MAY_IMPORT[folder])
    if folder == "properties" and rest[0] in ("tests", "mutants", "budgets", "faults"):
        allowed.add("optimized")
    assert subpackages(path) <= allowed


def test_nothing_imports_conformance() -> None:
    for folder in ("reference", "optimized", "properties"):
        for path in (ROOT / folder).rglob("*.py"):
            assert "conformance" not in subpackages(path), path


@pytest.mark.parametrize("path", named(sorted((ROOT / "reference").rglob("*.py"))))
def test_the_oracles_need_numpy_alone(path: Path) -> None:
    roots = {module.split(".")[0] for module in imports(path)}
    assert roots <= {"numpy", "draftproof"} | sys.stdlib_module_names


def test_the_backends_do_not_know_each_other() -> None:
    backends = {"eager", "triton", "cupy", "cuda", "host"}
    for path in (ROOT / "optimized").rglob("*.py"):
        inside = path.relative_to(ROOT / "optimized").parts[0]
        if inside not in backends:
            continue
        parts = [module.split(".") for module in imports(path) if module.startswith("draftproof.optimized.")]
        assert {part[2] for part in parts} & backends <= {inside}, path


STATEFUL = sorted(CONTRACTS.keys() - FUNCTIONS.keys())


@pytest.mark.parametrize("operation", FUNCTIONS)
def test_every_operation_is_where_its_name_says(operation: str) -> None:
    contract = CONTRACTS[operation]
    assert operation in reference.__all__
    assert operation in eager.__all__
    kernels = [f"optimized/{backend}" for backend in contract.backends]
    for folder in ("reference", "properties/contracts", *kernels):
        assert (ROOT / folder / contract.pillar / f"{operation}.py").is_file()


@pytest.mark.parametrize("operation", STATEFUL)
def test_what_has_a_state_is_the_hosts(operation: str) -> None:
    assert operation in reference.__all__
    assert operation in import_module("draftproof.optimized.host").__all__


@pytest.mark.parametrize("operation", CONTRACTS)
def test_an_oracle_shows_examples_and_sources(operation: str) -> None:
    contract = CONTRACTS[operation]
    text = contract.oracle.__doc__ or ""
    assert doctest.DocTestParser().get_examples(text)
    for part in ("Parameters\n", *(["Returns\n"] if operation in FUNCTIONS else [])):
        assert part in text
    assert contract.source


@pytest.mark.parametrize(
    "path",
    [p for p in (ROOT / "reference").rglob("*.py") if ">>>" in p.read_text()],
    ids=lambda path: path.stem,
)
def test_the_oracles_examples_are_true(path: Path) -> None:
    parts = path.relative_to(ROOT).with_suffix("").parts
    module = import_module(".".join(("draftproof", *parts)))
    failed, tried = doctest.testmod(module)
    assert tried
    assert not failed


@pytest.mark.parametrize("path", named(sorted((ROOT / "properties" / "laws").rglob("*.py"))))
def test_a_law_names_no_operation(path: Path) -> None:
    # What a law needs of an operation, its contract says: the next operation changes no law.
    literals = {
        node.value for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant)
    }
    assert not literals & CONTRACTS.keys()


def test_a_folder_is_no_heap() -> None:
    for folder in {path.parent for path in files(".py") if path.relative_to(ROOT).parts[0] in FOLDERS}:
        if not {"tests", "mutants"} & set(folder.parts):
            modules = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
            assert len(modules) <= MOST_MODULES, f"{folder}: {len(modules)} modules"


def test_the_status_bits_are_the_same_everywhere() -> None:
    bits = {status.name: status.value for status in reference.Status}
    assert bits == {status.name: status.value for status in results.Status}
    for header in [*(ROOT / "optimized").rglob("*.cuh"), *(ROOT / "optimized").rglob("*.cu")]:
        for name, value in re.findall(r"\b(DEGENERATE|INVALID_\w+|NAN_SEEN)\s*=\s*(\d+)", header.read_text()):
            assert bits[name] == int(value), header


@pytest.mark.parametrize("path", named(files(*CODE)))
def test_files_are_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LONGEST


@pytest.mark.parametrize("path", named(files(*CODE, ".md", ".toml", ".j2", ".css", ".js")))
def test_nothing_is_left_over(path: Path) -> None:
    text = path.read_text()
    if path != Path(__file__):
        assert not re.search(r"\b(TODO|FIXME|XXX)\b", text)
        assert not re.search(r"(?<![\w.~-])/(root|work|home|Users)/\w", text)


def test_no_file_is_called_utils() -> None:
    assert not [path for path in files(*CODE) if path.stem in ("utils", "util", "helpers", "common", "misc")]


@pytest.mark.parametrize("folder", ["reference", "optimized", "conformance"])
def test_the_bare_folders_refuse_to_be_imported(folder: str) -> None:
    command = [sys.executable, "-c", f"import {folder}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"import draftproof.{folder}, not the bare folder" in done.stderr


def test_test_folders_are_no_packages() -> None:
    assert not [*(ROOT / "tests").rglob("__init__.py"), *(ROOT / "properties" / "tests").rglob("__init__.py")]
