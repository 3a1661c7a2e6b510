"""What a stranger's backend may do to the run: nothing. Whatever happens is a result with its case."""

import shlex
import time
from dataclasses import replace
from datetime import date
from pathlib import Path
from textwrap import dedent

import pytest

from draftproof.conformance.reporting.records import Result
from draftproof.conformance.running import inspection, runner
from draftproof.conformance.running.child import Child
from draftproof.conformance.running.runner import Run
from draftproof.conformance.running.scope.selection import TIME_OVER
from draftproof.conformance.running.waivers import Waivers, load
from draftproof.properties.cases.plan import Check
from draftproof.properties.contracts import CONTRACTS
from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import Contract
from draftproof.properties.core.verdict import State
from draftproof.properties.laws.shared.admissible import ADMISSIBLE
from draftproof.properties.laws.shared.device import GRAPH_REPLAY

SAMPLE, VECTOR_ADD = CONTRACTS["sample"], CONTRACTS["vector_add"]

MOODY = """
import ctypes, os, sys, time
import numpy as np
from draftproof import reference

CONFORMANCE = {"arrays": "numpy"}

def sample(probs, uniforms):
    tokens, status = reference.sample(probs, uniforms)
    match probs.shape[1]:
        case 101:
            os._exit(3)
        case 103:
            ctypes.string_at(0)
        case 107:
            print("going to sleep", flush=True)
            time.sleep(60)
        case 109:
            raise RuntimeError("no such tile")
        case 113:
            return tokens[:, None], status
        case 127:
            return tokens.astype(np.int64), status
        case 131:
            return tokens
        case 137:
            print("a line of its own on standard output")
            os.write(1, b"and one below Python")
        case 139:
            sys.exit("enough")
        case 149:
            return tokens * 0 + 148, status
    return tokens, status
"""


def backend(folder: Path, text: str, name: str = "mine") -> str:
    """Write a backend into the folder where the test runs; return its name."""
    (folder / f"{name}.py").write_text(dedent(text), encoding="utf-8")
    return name


def of_width(V: int, **others: object) -> Case:
    case = Case("sample", {"B": 1, "V": V}, "float32", {"rows": "flat", "uniforms": "float64"}, 3)
    return replace(case, **others)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> list[Case]:
    """Run the cases put into this list and nothing else, each for at most two seconds."""
    chosen: list[Case] = []
    law = replace(ADMISSIBLE, seconds=2.0)

    def planned(contract: Contract, *_: object) -> list[Check]:
        return [Check(law, case) for case in chosen if case.operation == contract.name]

    monkeypatch.setattr(runner, "plan", planned)
    return chosen


def run(name: str, *contracts: Contract, jobs: int = 1, waivers: Waivers | None = None) -> list[Result]:
    whole = Run(name, "cpu", "small", 0, contracts or (SAMPLE,), jobs)
    results = list(whole.results(waivers or Waivers()))
    return [result for result in results if result.law != "forgiveness"]


def test_whatever_a_backend_does_the_run_goes_on(here: Path, only: list[Case]) -> None:
    backend(here, MOODY)
    only += [of_width(V) for V in (101, 2, 103, 107, 109, 113, 127, 131, 137, 139, 149, 3)]
    results = {int(result.case.split("V=")[1].split("/")[0]): result for result in run("mine")}
    assert [result.case for result in results.values()] == [str(case) for case in only]
    assert {V for V, result in results.items() if result.state is State.PASS} == {2, 3, 137}
    errors = {
        101: "the process died (exit code 3)",
        103: "the process died (SIGSEGV: Segmentation fault)",
        107: "no answer within 2 s: taken as hanging",
        109: "RuntimeError: no such tile (mine.py:",
        139: "enough",
    }
    for V, reason in errors.items():
        assert results[V].state is State.ERROR
        assert reason in results[V].reason
        assert f"replay '{of_width(V)}' --backend mine --law 'admissible'" in results[V].reproduce
    failures = {
        113: "must return tokens as int32 [1], got int32 [1, 1]",
        127: "must return tokens as int32 [1], got int64 [1]",
        131: "must return 2 outputs, got 1",
        149: "got 148, whose cell is",
    }
    for V, finding in failures.items():
        assert results[V].state is State.FAIL
        assert finding in str(results[V].findings[0])


def test_after_many_deaths_the_rest_of_that_operation_is_not_run(
    here: Path, only: list[Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspection, "DEATHS", 2)
    backend(here, MOODY + "\nfrom draftproof.reference import vector_add\n")
    only += [of_width(101, seed=seed) for seed in range(4)]
    only += [Case("vector_add", {"N": 5}, seed=seed) for seed in range(2)]
    results = run("mine", SAMPLE, VECTOR_ADD)
    states = {name: [r.state for r in results if r.operation == name] for name in ("sample", "vector_add")}
    assert states == {
        "sample": [State.ERROR] * 2 + [State.NOT_RUN] * 2,
        "vector_add": [State.PASS] * 2,
    }


def test_operations_take_turns(here: Path, only: list[Case]) -> None:
    backend(here, MOODY + "\nfrom draftproof.reference import vector_add\n")
    only += [of_width(2, seed=seed) for seed in range(3)]
    only += [Case("vector_add", {"N": 5}, seed=seed) for seed in range(2)]
    order = [result.operation for result in run("mine", SAMPLE, VECTOR_ADD)]
    assert order == ["sample", "vector_add", "sample", "vector_add", "sample"]


def test_the_end_of_the_time_cuts_a_check_and_the_rest(
    here: Path, only: list[Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    backend(here, MOODY)
    only += [of_width(V) for V in (2, 107, 3, 101)]  # 107 sleeps for a minute
    patient = replace(ADMISSIBLE, seconds=60.0)
    checks = [Check(patient, case) for case in only]
    monkeypatch.setattr(runner, "plan", lambda contract, *_: checks)
    whole = Run("mine", "cpu", "small", 0, (SAMPLE,))
    begin = time.monotonic()
    results = list(whole.results(Waivers(), begin + 8))
    assert time.monotonic() - begin < 40
    assert [result.state for result in results] == [State.PASS, *[State.NOT_RUN] * 3, State.PASS]
    assert {result.reason for result in results[1:4]} == {TIME_OVER}


def test_of_what_was_never_judged_no_forgiveness_is_claimed(here: Path, only: list[Case]) -> None:
    backend(here, MOODY)
    only.append(of_width(2))
    results = list(Run("mine", "cpu", "small", 0, (SAMPLE,)).results(Waivers(), time.monotonic()))
    assert [(result.law, result.state) for result in results] == [
        ("admissible", State.NOT_RUN),
        ("forgiveness", State.NOT_RUN),
    ]


def test_a_failing_case_is_shrunk_to_the_line_that_is_shown(here: Path, only: list[Case]) -> None:
    backend(
        here,
        """
        from draftproof import reference

        CONFORMANCE = {"arrays": "numpy"}

        def sample(probs, uniforms):
            tokens, status = reference.sample(probs, uniforms)
            return tokens, status * 0  # never says what was wrong with the row
        """,
    )
    case = of_width(1024, shape={"B": 9, "V": 1024}, seed=4, flags=frozenset({"nan", "zero_row", "negative"}))
    only.append(case)
    (result,) = run("mine")
    assert result.state is State.FAIL
    assert result.case == str(case)
    line = shlex.split(result.reproduce)[2]
    smaller = Case.parse(line)
    assert len(smaller.flags) == 1
    assert smaller.shape["B"] * smaller.shape["V"] < 9 * 1024 / 16
    with Child("mine", "cpu") as child:
        again = child.check("sample", "admissible", smaller, 10.0)
    assert again.state is State.FAIL
    assert again.findings == result.findings


def test_a_waived_crash_is_not_launched(here: Path, only: list[Case]) -> None:
    backend(here, MOODY)
    (here / "waivers.toml").write_text(
        dedent("""
        [[waiver]]
        operation = "sample"
        case = "sample/B=1,V=107/*"
        kind = "crash"
        issue = "https://example.org/issues/1"
        until = 2100-01-01
        note = "hangs"
        """)
    )
    only += [of_width(107), of_width(2)]
    waived, passed = run(
        "mine", waivers=load(here / "waivers.toml", [str(case) for case in only], date(2026, 1, 1))
    )
    assert waived.state is State.WAIVED
    assert "hangs; until 2100-01-01: https://example.org/issues/1" in waived.reason
    assert waived.seconds == 0
    assert passed.state is State.PASS


@pytest.mark.parametrize(("declared", "state"), [("sample", State.UNAVAILABLE), ("softmax", State.ERROR)])
def test_who_declares_a_synchronisation_is_spared_the_graph_law_alone(
    here: Path, monkeypatch: pytest.MonkeyPatch, declared: str, state: State
) -> None:
    """Without the declaration the law is held, and here there is no graph."""
    said = f'CONFORMANCE = {{"arrays": "numpy", "synchronises": ("{declared}",)}}'
    backend(here, MOODY.replace('CONFORMANCE = {"arrays": "numpy"}', said))
    checks = [Check(law, of_width(2)) for law in (GRAPH_REPLAY, ADMISSIBLE)]
    monkeypatch.setattr(runner, "plan", lambda contract, *_: checks if contract is SAMPLE else [])
    graph, admissible = run("mine")
    assert graph.state is state
    assert ("so no graph can hold it" in graph.reason) == (state is State.UNAVAILABLE)
    assert admissible.state is State.PASS


@pytest.mark.parametrize(("state", "claimed"), [(State.WAIVED, []), (State.ERROR, [State.NOT_RUN])])
def test_of_no_decision_no_forgiveness_is_claimed(state: State, claimed: list[State]) -> None:
    result = Result("sample", "float32", ADMISSIBLE.name, str(of_width(2)), state, reason="so")
    assert [each.state for each in inspection.judge_forgiveness([result])] == claimed


def test_two_children_answer_in_the_order_of_the_list(here: Path, only: list[Case]) -> None:
    backend(here, MOODY)
    only += [of_width(V) for V in (101, 2, 3, 4, 5, 6)]
    results = run("mine", jobs=2)
    assert [result.case for result in results] == [str(case) for case in only]
    assert [result.state for result in results] == [State.ERROR, *[State.PASS] * 5]


@pytest.mark.parametrize(
    ("text", "field", "says"),
    [
        ("import os; os._exit(7)", "broken", "crashed or hung"),
        ("import sys; sys.exit('not today')", "broken", "not today"),
        ("1 / 0", "broken", "ZeroDivisionError"),
        ("def sample(:", "broken", "SyntaxError"),
        ("CONFORMANCE = 3\ndef sample(): ...", "broken", "CONFORMANCE"),
        ("import a_library_that_is_not_here", "unavailable", "a_library_that_is_not_here"),
        ("raise ImportError('needs an older driver')", "unavailable", "needs an older driver"),
        ("def unavailable(device): return 'no ' + device + ' today'", "unavailable", "no cpu today"),
    ],
)
def test_a_backend_that_cannot_be_loaded_says_why(here: Path, text: str, field: str, says: str) -> None:
    backend(here, text)
    with Child("mine", "cpu") as child:
        hello = child.hello()
    assert says in getattr(hello, field)


def test_a_child_that_died_between_two_answers_is_started_again(here: Path) -> None:
    backend(
        here,
        """
        import os, threading
        from draftproof import reference

        CONFORMANCE = {"arrays": "numpy"}

        def sample(probs, uniforms):
            if probs.shape[1] == 2:
                threading.Timer(0.2, os._exit, [9]).start()
            return reference.sample(probs, uniforms)
        """,
    )
    with Child("mine", "cpu") as child:
        assert child.check("sample", "admissible", of_width(2), 10.0).state is State.PASS
        assert child._process is not None
        child._process.wait(10.0)
        died = child.check("sample", "admissible", of_width(3), 10.0)
        assert died.state is State.ERROR
        assert "exit code 9" in died.reason
        assert child.check("sample", "admissible", of_width(3), 10.0).state is State.PASS
    assert child.deaths == {"sample": 1}
