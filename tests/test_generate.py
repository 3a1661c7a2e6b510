"""What is generated is what would be generated now; a new operation needs two files and the command."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ORACLE = """\"\"\"Twice a row.\"\"\"

import numpy as np


def double(rows: np.ndarray) -> np.ndarray:
    \"\"\"Return 2 rows.\"\"\"
    return 2 * rows
"""
EAGER = """\"\"\"Twice a row, in PyTorch.\"\"\"

from typing import Annotated

import torch

from draftproof.optimized.signatures.implement import implements


@implements
def double(rows: Annotated[torch.Tensor, "float32 [B, V]"]) -> Annotated[torch.Tensor, "float32 [B, V]"]:
    \"\"\"Return 2 rows.\"\"\"
    return 2 * rows
"""
USE = """
import torch, draftproof
from draftproof import reference
rows = torch.ones(2, 3)
compiled = torch.compile(lambda rows: draftproof.double(rows), fullgraph=True, backend="eager")
print("double" in dir(draftproof), draftproof.double(rows).sum().item(), compiled(rows).sum().item())
print(reference.double(rows.numpy()).sum(), draftproof.double.__doc__)
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of what the command reads and writes."""
    unwanted = shutil.ignore_patterns("__pycache__")
    for folder in ("reference", "optimized", "src"):
        shutil.copytree(ROOT / folder, tmp_path / folder, symlinks=True, ignore=unwanted)
    shutil.copy(ROOT / "generate.py", tmp_path)
    return tmp_path


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(folder / "src")}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_nothing_would_change() -> None:
    done = run(ROOT, "generate.py", "--check")
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def test_a_new_operation_is_two_files_and_the_command(copy: Path) -> None:
    before = set(copy.rglob("*.py"))
    for folder, text in (("reference", ORACLE), ("optimized/eager", EAGER)):
        (copy / folder / "primitives" / "double.py").write_text(text)
    checked = run(copy, "generate.py", "--check")
    assert checked.returncode == 1
    assert "would change: optimized/operations/primitives.py" in checked.stdout
    assert set(copy.rglob("*.py")) - before == {
        copy / folder / "primitives" / "double.py" for folder in ("reference", "optimized/eager")
    }
    assert run(copy, "generate.py").returncode == 0
    assert run(copy, "generate.py", "--check").returncode == 0
    used = run(copy, "-c", USE)
    assert used.stdout == "True 12.0 12.0\n12.0 Return 2 rows.\n", used.stderr


def test_what_is_gone_leaves_nothing_behind(copy: Path) -> None:
    shutil.rmtree(copy / "optimized" / "eager" / "speculative")
    assert run(copy, "generate.py").returncode == 0
    assert not (copy / "optimized" / "operations" / "speculative.py").exists()
    for package in ("reference", "optimized/triton", "src/draftproof"):
        assert "verify_chain_greedy" not in (copy / package / "__init__.py").read_text()
