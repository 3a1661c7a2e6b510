"""What a type checker sees at the package's top: run where mypy is installed, as in ``nox -s typing``."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("mypy")

ROOT = Path(__file__).parents[1]
OPENING = """import draftproof
import torch

p, u = torch.ones(2, 3), torch.zeros(2)
"""
LINES = {
    "draftproof.sample(probs=p, uniforms=u, check=True, backend='cuda').tokens": None,
    "draftproof.RadixTree(page_size=2).epoch": None,
    "draftproof.reference.sample(p.numpy(), u.numpy())": None,
    "draftproof.sampel(p, u)": 'Module has no attribute "sampel"',
    "draftproof.sample(p, uniform=u)": 'Unexpected keyword argument "uniform" for "sample"',
    "draftproof.sample(p, u, backend='fast')": 'Argument "backend" to "sample" has incompatible type',
    "draftproof.sample(p)": 'Missing positional argument "uniforms"',
    "draftproof.sample(p, u).token": '"Sampled" has no attribute "token"',
}
"""Lines, and what is wrong with them."""


@pytest.fixture(scope="module")
def complaints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return what mypy says of each line that it complains of."""
    folder = tmp_path_factory.mktemp("typed")
    (folder / "snippet.py").write_text(OPENING + "\n".join(LINES))
    environment = {**os.environ, "MYPYPATH": str(ROOT / "src")}
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--follow-imports=silent"]
    command += ["--ignore-missing-imports", "snippet.py"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    said = re.findall(r"^snippet\.py:(\d+): error: (.*)$", done.stdout, re.MULTILINE)
    return {list(LINES)[int(number) - len(OPENING.splitlines()) - 1]: text for number, text in said}


@pytest.mark.parametrize(("line", "complaint"), LINES.items())
def test_mypy_tells_right_calls_from_wrong_ones(
    line: str, complaint: str | None, complaints: dict[str, str]
) -> None:
    if complaint is None:
        assert line not in complaints
    else:
        assert complaint in complaints[line]
