"""A backend may live in another environment: it is judged there, with what that environment has."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from draftproof.conformance.reporting.report import read
from draftproof.properties.core.verdict import State

Draftproof = Callable[..., Any]


@pytest.fixture
def numpy_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make an interpreter that has NumPy, and nothing else of this environment."""
    site, home = tmp_path / "site", Path(np.__file__).parents[1]
    site.mkdir()
    for part in ("numpy", "numpy.libs", f"numpy-{np.__version__}.dist-info"):
        if (home / part).exists():
            (site / part).symlink_to(home / part)
    monkeypatch.setenv("PYTHONPATH", str(site))
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')
    python.chmod(0o755)
    return python


def test_another_python_needs_numpy_only(draftproof: Draftproof, numpy_only: Path) -> None:
    arguments = ("check", "right", "--op", "sample", "--budget", "small")
    assert draftproof(*arguments, "--python", str(numpy_only)).code == 0
    report = read(Path("report/right.jsonl"))
    assert report.header.libraries["numpy"] == np.__version__
    assert report.header.libraries["torch"] is None
    unavailable = {
        result.law: result.reason for result in report.results if result.state is State.UNAVAILABLE
    }
    assert unavailable == {"statistics": "the law needs scipy, which the backend's Python lacks"}


def test_what_is_missing_there_is_said(draftproof: Draftproof, numpy_only: Path) -> None:
    Path("wants.py").write_text("import scipy\ndef sample(probs, uniforms): ...\n")
    done = draftproof("check", "wants", "--op", "sample", "--budget", "small", "--python", str(numpy_only))
    assert done.code == 2
    assert "No module named 'scipy' (wants.py:1)" in done.err


def test_no_such_python(draftproof: Draftproof) -> None:
    done = draftproof("check", "right", "--op", "sample", "--python", "nowhere/python")
    assert done.code == 2
    assert "does not exist" in done.err


def test_a_backend_cannot_say_that_our_own_python_lacks_what_a_law_needs(draftproof: Draftproof) -> None:
    Path("poor.py").write_text(
        "from draftproof.conformance.running import worker\n"
        "from draftproof.reference import sample\n"
        "worker.list_libraries = lambda: {}\n"
        'CONFORMANCE = {"arrays": "numpy"}\n'
    )
    arguments = ("check", "poor", "--op", "sample", "--budget", "small", "--law", "statistics")
    assert draftproof(*arguments).code == 0
    states = {r.state for r in read(Path("report/poor.jsonl")).results if r.law == "statistics"}
    assert states == {State.PASS}
