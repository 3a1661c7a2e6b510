"""Several children at once, of several backends; one at a time where a law asks for it."""

import math
import os
import time
from itertools import pairwise
from pathlib import Path

import pytest

from draftproof.conformance.diagnostic import DiagnosticError
from draftproof.conformance.running import crew as crews
from draftproof.conformance.running.crew import Crew
from draftproof.properties.cases.plan import Check
from draftproof.properties.core.case import Case
from draftproof.properties.core.verdict import State
from draftproof.properties.laws.shared.admissible import ADMISSIBLE

BACKEND = """
import os, time
from pathlib import Path
from draftproof import reference

CONFORMANCE = {"arrays": "numpy"}

def vector_add(a, b):
    begin = time.time()
    time.sleep(0.02)
    with Path("times").open("a") as file:
        file.write(f"{begin} {time.time()} {os.getpid()}\\n")
    return reference.vector_add(a, b)
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("one", "two"):
        Path(f"{name}.py").write_text(BACKEND)
    Path("broken.py").write_text("1 / 0")
    return tmp_path


def checks(number: int) -> list[Check]:
    return [Check(ADMISSIBLE, Case("vector_add", {"N": 5}, seed=seed)) for seed in range(number)]


def times() -> list[tuple[float, float, int]]:
    lines = [line.split() for line in Path("times").read_text().splitlines()]
    Path("times").unlink()
    return sorted((float(begin), float(end), int(process)) for begin, end, process in lines)


def overlap(spans: list[tuple[float, float, int]]) -> bool:
    return any(first[1] > second[0] for first, second in pairwise(spans))


def test_children_work_at_once_or_alone_and_live_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crews, "WORTH", 10)
    due = {"one": checks(40), "two": checks(3)}
    with Crew({"one": "cpu", "two": "cpu"}, 3, math.inf) as crew:
        crew.load()
        started = list(crew.work(due))
        times()
        results = list(crew.work(due))
        together = times()
        alone_results = list(crew.work(due, jobs=1))
        alone = times()
    assert len(started) == len(results) == len(alone_results) == 43
    assert {result.state for _, result in results} == {State.PASS}
    assert sum(backend == "two" for backend, _ in results) == 3
    assert len({process for *_, process in together}) in (3, 4)  # who is done with two helps with one
    assert overlap(together)
    assert not overlap(alone)
    assert {process for *_, process in alone} <= {process for *_, process in together}
    for *_, process in together:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


def test_no_child_is_started_for_a_small_remainder() -> None:
    with Crew({"one": "cpu"}, 4, math.inf) as crew:
        crew.load()
        assert len(list(crew.work({"one": checks(12)}))) == 12
    assert len({process for *_, process in times()}) == 1


def test_when_the_time_is_over_nothing_more_is_run() -> None:
    with Crew({"one": "cpu"}, 1, time.monotonic() + 60) as crew:
        crew.load()
        crew._deadline = time.monotonic() + 0.3
        states = [result.state for _, result in crew.work({"one": checks(100)})]
    assert len(states) == 100
    assert State.PASS in states
    assert states[-1] is State.NOT_RUN


def test_a_backend_that_cannot_run_is_named_before_anything_starts() -> None:
    with (
        Crew({"one": "cpu", "broken": "cpu"}, 2, math.inf) as crew,
        pytest.raises(DiagnosticError) as refusal,
    ):
        crew.load()
    assert "cannot record broken" in str(refusal.value)
    assert "ZeroDivisionError" in str(refusal.value)
