"""How long a check may take."""

from dataclasses import replace
from pathlib import Path

import pytest

from draftproof.conformance.running import runner
from draftproof.conformance.running.runner import Run
from draftproof.conformance.running.scope import patience
from draftproof.conformance.running.scope.patience import Patience
from draftproof.conformance.running.waivers import Waivers
from draftproof.properties.cases.plan import Check
from draftproof.properties.contracts import CONTRACTS
from draftproof.properties.core.case import Case
from draftproof.properties.core.verdict import State
from draftproof.properties.laws.shared.admissible import ADMISSIBLE

COMPILED = """
import time
from draftproof import reference

CONFORMANCE = {"arrays": "numpy"}
compiled = False

def sample(probs, uniforms):
    global compiled
    time.sleep(0 if compiled else 1.5)
    compiled = True
    time.sleep(30 if probs.shape[1] > 100 else 0)
    return reference.sample(probs, uniforms)
"""


def run(folder: Path, monkeypatch: pytest.MonkeyPatch, *widths: int) -> list[tuple[State, float]]:
    monkeypatch.chdir(folder)
    Path("mine.py").write_text(COMPILED)
    options = {"rows": "flat", "uniforms": "float64"}
    cases = [Case("sample", {"B": 1, "V": V}, "float32", options, seed) for seed, V in enumerate(widths)]
    monkeypatch.setattr(runner, "plan", lambda *_: [Check(ADMISSIBLE, case) for case in cases])
    results = Run("mine", "cpu", "small", 0, (CONTRACTS["sample"],)).results(Waivers(), timeout=1.0)
    return [(result.state, result.seconds) for result in results if result.law == "admissible"]


def test_a_compiler_has_its_time_and_a_hang_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "AFTER_A_HANG", 0.3)
    states = run(tmp_path, monkeypatch, 2, 3, 101)
    assert [state for state, _ in states] == [State.PASS, State.PASS, State.ERROR]
    assert states[0][1] > 1.4
    assert states[2][1] == 1.0


def test_after_a_hang_the_next_is_not_waited_for_as_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "GRACE", 2.0)
    monkeypatch.setattr(patience, "AFTER_A_HANG", 0.2)
    assert [seconds for _, seconds in run(tmp_path, monkeypatch, 101, 102, 103)] == [2.0, 0.2, 0.2]


def test_the_limits() -> None:
    slow, limits = replace(ADMISSIBLE, seconds=100.0), Patience()
    assert limits.limit("sample", slow, warm=False) == patience.GRACE
    limits.learn("sample", 50.0, hung=False)
    # In another process it is compiled again.
    assert limits.limit("sample", slow, warm=False) == 200.0
    assert limits.limit("sample", slow, warm=True) == 100.0
    limits.learn("sample", 100.0, hung=True)
    assert limits.limit("sample", slow, warm=True) == patience.AFTER_A_HANG
    assert limits.limit("softmax", slow, warm=False) == patience.GRACE
    assert Patience(7.0).limit("sample", slow, warm=True) == 7.0
