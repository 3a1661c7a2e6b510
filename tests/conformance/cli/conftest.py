"""The command line, run in this process."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from draftproof.conformance.cli.main import main

RIGHT = """
from draftproof.reference import sample, vector_add

CONFORMANCE = {"arrays": "numpy"}
"""
WRONG = """
import numpy as np
from draftproof import reference

CONFORMANCE = {"arrays": "numpy"}

def sample(probs, uniforms):
    tokens, status = reference.sample(probs, uniforms)
    return tokens, np.where(status & 4, status & 1, status)  # NAN_SEEN is lost
"""


class Done(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Standard output as JSON, which knows no infinity."""
        return json.loads(self.out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


Draftproof = Callable[..., Done]


@pytest.fixture
def draftproof(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Draftproof:
    """Run a command in a folder of its own, with a right and a wrong backend in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    Path("right.py").write_text(RIGHT)
    Path("mine.py").write_text(WRONG)

    def run(*arguments: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["draftproof", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capfd.readouterr()
        return Done(int(ended.value.code or 0), printed.out, printed.err)

    return run
