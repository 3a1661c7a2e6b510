"""An operation is its oracle, its contract and its kernels: nothing else is written but generated files."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
COPIED = ("reference", "optimized", "properties", "conformance", "src", "generate.py", "pyproject.toml")
GENERATED = {
    "optimized/eager/__init__.py",
    "optimized/operations/__init__.py",
    "optimized/operations/primitives.py",
    "properties/cases/arrays/scale.json",
    "reference/__init__.py",
}

ORACLE = '''"""Multiplication by a number, written to be read."""

import numpy as np


def {name}(values: np.ndarray, *, factor: int) -> np.ndarray:
    """Return ``factor`` times float32 [B, N], each product rounded once.

    >>> {name}(np.array([[1.5]]), factor=3)
    array([[4.5]], dtype=float32)
    """
    products = np.empty(values.shape, np.float32)
    for place, value in np.ndenumerate(np.asarray(values, np.float32)):
        products[place] = np.float32(factor) * value
    return products
'''
CONTRACT = '''"""The contract of multiplication by a number."""

from typing import Any

import numpy as np

from draftproof import reference
from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import Argument, Arrays, FunctionContract, Work
from draftproof.properties.core.verdict import Verdict
from draftproof.properties.judges.equality import judge_equal, required
from draftproof.properties.laws.shared.functions import SHARED


def _fill(case: Case) -> Arrays:
    shape = case.shape["B"], case.shape["N"]
    return {{"values": np.random.default_rng(case.seed).standard_normal(shape).astype(np.float32)}}


def _judge(inputs: Arrays, keywords: dict[str, Any], outputs: Arrays) -> Verdict:
    return judge_equal(outputs, {{"products": reference.{name}(required(inputs, "values"), **keywords)}})


SCALE = FunctionContract(
    name="{name}",
    pillar="primitives",
    rule="factor times each value, rounded once.",
    source="IEEE 754",
    arguments=(Argument("values", ("B", "N"), "float32", "values"),),
    outputs=(Argument("products", ("B", "N"), "float32", "factor times each"),),
    oracle=reference.{name},
    fill=_fill,
    judge=_judge,
    sizes={{"B": (1, 2, 9), "N": (1, 33, 1025), "factor": (0, 3)}},
    options={{}},
    keywords=("factor",),
    flags=(),
    dtypes=("float32",),
    laws=SHARED,
    work=Work(bytes=lambda shape, *_: 8 * shape["B"] * shape["N"]),
    backends=("eager",),
)
'''
KERNEL = '''"""Multiplication by a number in PyTorch."""

from typing import Annotated

import torch

from draftproof.optimized.signatures.implement import implements


@implements
def {name}(
    values: Annotated[torch.Tensor, "float32 [B, N]"], *, factor: Annotated[int, ">= 0"]
) -> Annotated[torch.Tensor, "float32 [B, N]"]:
    """Return ``factor`` times float32 [B, N]."""
    return values * float(factor)
'''


def copy_project(target: Path) -> Path:
    """Copy what is imported; links stay links, caches stay behind."""
    target.mkdir()
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(
                source, target / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__", "tests")
            )
        else:
            shutil.copy(source, target / name)
    return target


def add_operation(root: Path, name: str) -> set[str]:
    """Write the three files of an operation; return their paths."""
    written = {
        f"reference/primitives/{name}.py": ORACLE,
        f"properties/contracts/primitives/{name}.py": CONTRACT,
        f"optimized/eager/primitives/{name}.py": KERNEL,
    }
    for path, text in written.items():
        (root / path).write_text(text.format(name=name))
    return set(written)


def contents(root: Path) -> dict[str, bytes]:
    files = (path for path in root.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files if "src" not in path.parts}


def run(root: Path, *command: str) -> subprocess.CompletedProcess[str]:
    found = [str(root / "src"), *filter(None, [os.environ.get("PYTHONPATH")])]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(found)}
    return subprocess.run(
        [sys.executable, *command], cwd=root, env=env, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_project(tmp_path_factory.mktemp("adding") / "project")


def test_three_files_make_an_operation(project: Path) -> None:
    before = contents(project)
    written = add_operation(project, "scale")
    assert run(project, "generate.py", "--check").returncode == 1
    made = run(project, "generate.py")
    assert made.returncode == 0, made.stderr
    after = contents(project)
    assert {path for path in after if after[path] != before.get(path)} == written | GENERATED

    check = "from draftproof.conformance.cli.main import main; main()"
    arguments = ("--op", "scale", "--device", "cpu", "--budget", "small", "--json")
    done = run(
        project, "-c", check, "check", "draftproof.optimized.eager", "draftproof.reference", *arguments
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"scale"' not in done.stdout.partition('"wrong"')[2]
    assert "scale" in run(project, "-c", check, "explain", "scale").stdout


def test_the_front_door_has_it(project: Path) -> None:
    use = (
        "import inspect, torch, draftproof; "
        "print(draftproof.scale(torch.ones(1, 2), factor=3).tolist(), inspect.signature(draftproof.scale))"
    )
    done = run(project, "-c", use)
    assert "[[3.0, 3.0]] (values: " in done.stdout, done.stderr
    wrong = run(project, "-c", "import torch, draftproof; draftproof.scale(torch.ones(2), factor=3)")
    assert "scale: values must be float32 [B, N] on cpu, got float32 [2] on cpu" in wrong.stderr
