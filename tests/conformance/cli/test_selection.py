"""What of the case list ``check`` is asked for: laws, what failed last, nothing after a failure."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from draftproof.conformance.reporting.records import Result
from draftproof.conformance.reporting.report import read
from draftproof.conformance.running import session
from draftproof.properties.core.verdict import State

Draftproof = Callable[..., Any]

CHECK = ("check", "mine", "--op", "sample", "--budget", "small")
RIGHT = ("check", "right", "--op", "sample", "--budget", "small")


def judged(backend: str, folder: str = "report") -> set[tuple[str, str]]:
    """Return law and case of what was run."""
    results = read(Path(folder) / f"{backend}.jsonl").results
    return {(r.law, r.case) for r in results if r.state is not State.NOT_RUN}


def failed(backend: str) -> set[tuple[str, str]]:
    results = read(Path("report") / f"{backend}.jsonl").results
    return {(r.law, r.case) for r in results if r.state is State.FAIL}


def test_a_law_alone_is_a_part_of_the_whole(draftproof: Draftproof) -> None:
    done = draftproof(*RIGHT, "--law", "inputs unchanged", "--law", "repeatable")
    assert done.code == 0
    assert {law for law, _ in judged("right")} == {"inputs unchanged", "repeatable"}
    assert "incomplete, " in done.out
    assert "another law was asked for" in done.out
    assert json.loads(Path("report/badge.json").read_text())["color"] == "lightgrey"
    # The whole has not changed: what is not asked for is not run, and reports can be compared.
    draftproof(*RIGHT, "--report", "whole")
    parts, whole = read(Path("report/right.jsonl")), read(Path("whole/right.jsonl"))
    assert parts.header.suite == whole.header.suite
    assert len(parts.results) == len(whole.results)


@pytest.mark.parametrize(
    ("law", "says"),
    [
        ("admisible", "sample: no law 'admisible' [law-unknown]"),
        ("graph replay", "'graph replay' is checked on cuda, not on numpy [law-elsewhere]"),
    ],
)
def test_a_law_that_cannot_be_checked_here_is_refused(draftproof: Draftproof, law: str, says: str) -> None:
    done = draftproof(*RIGHT, "--law", law)
    assert done.code == 2
    assert says in done.err
    assert not done.out


def test_after_a_failure_no_more_are_asked_for(draftproof: Draftproof) -> None:
    done = draftproof(*CHECK[:2], "right", *CHECK[2:], "--exitfirst", "-n", "1")
    assert done.code == 1
    results = read(Path("report/mine.jsonl")).results
    states = [result.state for result in results if result.law != "forgiveness"]
    first = states.index(State.FAIL)
    assert set(states[:first]) <= {State.PASS}
    # One more may have been asked for already.
    assert states[first + 2 :] == [State.NOT_RUN] * len(states[first + 2 :])
    assert not judged("right")
    assert "a check failed before, and no more were asked for" in done.out


def test_a_right_backend_is_judged_as_a_whole_with_exitfirst(draftproof: Draftproof) -> None:
    assert draftproof(*RIGHT, "-x").code == 0
    assert json.loads(Path("report/badge.json").read_text())["color"] == "brightgreen"


def test_what_failed_last_is_run_again_and_nothing_else(draftproof: Draftproof) -> None:
    assert draftproof(*CHECK).code == 1
    before = failed("mine")
    assert before
    assert draftproof(*CHECK, "--last-failed").code == 1
    assert failed("mine") == before
    assert {each for each in judged("mine") if each[0] != "forgiveness"} == before
    Path("mine.py").write_text(Path("right.py").read_text())
    done = draftproof(*CHECK, "--last-failed")
    assert done.code == 0
    assert "it did not fail last time" in done.out
    assert json.loads(Path("report/badge.json").read_text())["color"] == "lightgrey"
    # Nothing failed last: the whole is run.
    assert draftproof(*CHECK, "--lf").code == 0
    assert json.loads(Path("report/badge.json").read_text())["color"] == "brightgreen"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--report", "elsewhere"), "--last-failed: elsewhere holds no report of mine [last-failed-none]"),
        (("--seed", "7"), "none is asked for here [last-failed-elsewhere]"),
    ],
)
def test_what_failed_last_must_be_known_and_due(
    draftproof: Draftproof, arguments: tuple[str, ...], says: str
) -> None:
    draftproof(*CHECK)
    done = draftproof(*CHECK, "--last-failed", *arguments)
    assert done.code == 2
    assert says in done.err


def test_only_the_backend_that_failed_is_run_again(draftproof: Draftproof) -> None:
    both = ("check", "mine", "right", *CHECK[2:])
    draftproof(*both)
    assert draftproof(*both, "--last-failed").code == 1
    assert not Path("report/right.jsonl").exists()
    assert Path("report/previous/right.jsonl").exists()


def test_quiet_says_only_what_is_wrong(draftproof: Draftproof) -> None:
    done = draftproof(*RIGHT, "--quiet")
    assert (done.code, done.out, done.err) == (0, "", "")
    done = draftproof(*CHECK, "-q")
    assert done.code == 1
    assert done.out.startswith("fail sample, admissible\n")
    assert "checks passed" not in done.out
    assert not done.err


def test_so_many_processes_work_as_are_asked_for(
    draftproof: Draftproof, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    class Watched(session.Run):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            seen.append(self.jobs)

    monkeypatch.setattr(session, "Run", Watched)
    arguments = ("check", "right", "--op", "vector_add", "--budget", "small")
    assert draftproof(*arguments, "-n", "3").code == 0
    assert seen == [3]
    done = draftproof(*arguments, "-n", "2", "--device", "cuda")
    assert done.code == 2
    assert "-n 2: on a GPU" in done.err
    assert draftproof(*arguments, "-n", "0").code == 2


def test_a_folder_of_brackets_is_no_markup(draftproof: Draftproof) -> None:
    done = draftproof("check", "mine", *CHECK[2:], "--report", "[red]a[/b]")
    assert done.code == 1
    assert "[red]a[/b]/index.html" in done.out


def test_what_is_not_asked_for_is_nothing_wrong() -> None:
    left_out = Result(
        "sample", "float32", "admissible", "-", State.NOT_RUN, reason="another law was asked for"
    )
    assert not session.is_wrong(left_out)
    dead = Result(
        "sample", "float32", "admissible", "-", State.NOT_RUN, reason="the process died 5 times before"
    )
    assert session.is_wrong(dead)
