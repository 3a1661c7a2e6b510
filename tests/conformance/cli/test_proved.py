"""What a command claims: nothing of what was not judged, nothing of another run or project."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from draftproof.conformance.reporting.report import read
from draftproof.conformance.running import backends, runner
from draftproof.properties.contracts import CONTRACTS

Draftproof = Callable[..., Any]

UNLOADABLE = {
    "typing": ("import flashinferr", "No module named 'flashinferr' (typing_error.py:1)"),
    "name": ("\nfrom json import nosuch", "cannot import name 'nosuch' from 'json'"),
    "markup": ("raise ImportError('[/foo] [bold]')", "[/foo] [bold]"),
    "said": ("def unavailable(device): return 'not on ' + device\ndef sample(): ...", "not on cpu"),
}


@pytest.mark.parametrize("name", UNLOADABLE)
def test_where_nothing_was_judged_nothing_is_proved(draftproof: Draftproof, name: str) -> None:
    text, reason = UNLOADABLE[name]
    Path("typing_error.py").write_text(text)
    arguments = ("check", "typing_error", "--op", "sample", "--budget", "small", "--device", "cpu")
    done = draftproof(*arguments)
    assert done.code == 2
    assert "nothing was judged, so nothing is proved" in done.err
    assert reason in done.err
    assert reason in done.out
    assert reason in " ".join(result.reason for result in read(Path("report/typing_error.jsonl")).results)
    assert "<h1>Nothing was judged</h1>" in Path("report/index.html").read_text()
    assert reason in draftproof(*arguments, "--json").document["unproved"]["typing_error"]
    assert draftproof(*arguments, "--allow-unavailable").code == 0


def test_beside_one_that_conforms_nothing_is_proved_of_the_other(draftproof: Draftproof) -> None:
    Path("typing_error.py").write_text("import flashinferr")
    arguments = ("check", "right", "typing_error", "--op", "sample", "--budget", "small")
    assert draftproof(*arguments).code == 2
    assert "<h1>Conforms, 1 cannot run here</h1>" in Path("report/index.html").read_text()


def test_what_inputs_look_like_cannot_be_declared_away(draftproof: Draftproof) -> None:
    right = Path("right.py").read_text()
    Path("easy.py").write_text(right + 'CONFORMANCE["sample"] = {"rows": "flat"}\n')
    done = draftproof("check", "easy", "--op", "sample", "--budget", "small")
    assert done.code == 2
    assert "not rows, which says what inputs look like" in done.err


def test_a_restriction_stands_in_terminal_page_and_badge(draftproof: Draftproof) -> None:
    right = Path("right.py").read_text()
    Path("single.py").write_text(right + 'CONFORMANCE["sample"] = {"uniforms": "float32"}\n')
    done = draftproof("check", "single", "--op", "sample", "--budget", "small")
    assert done.code == 0
    assert "restricted, as single declares: sample: uniforms=float32 only" in done.out
    assert "sample: uniforms=float32 only" in Path("report/index.html").read_text()
    assert " · law + hostile" in Path("report/badge.svg").read_text()
    assert " · law + hostile" in Path("report/badge.json").read_text().encode().decode("unicode_escape")


def test_what_is_not_promised_is_neither_right_nor_wrong_and_said(draftproof: Draftproof) -> None:
    right = Path("right.py").read_text()
    Path("dense.py").write_text(right + 'CONFORMANCE["vector_add"] = {"layouts": "contiguous"}\n')
    done = draftproof("check", "dense", "--op", "vector_add", "--budget", "small", "--json")
    assert done.code == 0
    (report,) = json.loads(done.out)["reports"]
    line = next(line for line in report["unjudged"] if "not promised" in line)
    assert report["profile"] == "law + hostile"
    assert re.fullmatch(
        r"vector_add, not promised: arguments that are not contiguous \(\d+ checks\); "
        r"kept in 2 that were looked at",
        line,
    )
    assert report["counts"]["not promised"] > 2
    assert not report["wrong"]


def test_a_dtype_that_is_not_promised_is_no_gap(draftproof: Draftproof) -> None:
    Path("single.py").write_text(
        "from draftproof.reference import softmax\n"
        'CONFORMANCE = {"arrays": "numpy", "softmax": {"dtypes": ["float32"]}}\n'
    )
    done = draftproof("check", "single", "--op", "softmax", "--budget", "small")
    assert done.code == 0, done.out
    assert "softmax, not promised: bfloat16" in done.out


def test_a_run_that_crashes_leaves_no_report_and_no_badge_of_the_last(
    draftproof: Draftproof, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ("check", "right", "--op", "vector_add", "--budget", "small")
    assert draftproof(*arguments).code == 0

    def crash(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(runner, "judge_forgiveness", crash)
    done = draftproof(*arguments)
    assert done.code == 3
    assert "RuntimeError: a fault of ours" in done.err
    assert "this is a fault of draftproof" in done.err
    left = {path.name for path in Path("report").iterdir()}
    assert left == {"previous", "right.jsonl.part"}
    assert {path.name for path in Path("report/previous").iterdir()} >= {"right.jsonl", "badge.svg"}
    monkeypatch.undo()


def test_what_is_no_report_stays_where_it_is(draftproof: Draftproof) -> None:
    Path("requests.jsonl").write_text('{"hash_ids": [1, 2]}\n')
    arguments = ("check", "right", "--op", "vector_add", "--budget", "small", "--report", ".")
    assert draftproof(*arguments).code == 0
    assert draftproof(*arguments).code == 0
    assert Path("requests.jsonl").exists()
    assert Path("previous/right.jsonl").exists()


def test_a_report_needs_a_folder(draftproof: Draftproof) -> None:
    Path("taken").write_text("")
    done = draftproof("check", "right", "--op", "vector_add", "--budget", "small", "--report", "taken")
    assert done.code == 2
    assert "--report taken: a folder to write to was expected" in done.err


@pytest.mark.parametrize("project", ["", '[project]\nname = "theirs"\n'])
@pytest.mark.parametrize("command", ["badge", "record"])
def test_our_evidence_is_not_written_into_another_project(
    draftproof: Draftproof, command: str, project: str
) -> None:
    Path("pyproject.toml").write_text(project)
    done = draftproof(command)
    assert done.code == 2
    assert "is no checkout of draftproof, whose evidence this is" in done.err
    assert not Path("docs").exists()


def test_the_command_line_says_what_there_is(draftproof: Draftproof) -> None:
    assert re.fullmatch(r"draftproof \d+\.\d+\.\d+\n", draftproof("--version").out)
    assert draftproof("-h").out == draftproof("--help").out
    listed = draftproof("list", "--json").document
    assert [each["operation"] for each in listed] == list(CONTRACTS)
    assert all(each["operation"] in draftproof("list").out for each in listed)


def test_it_runs_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "draftproof", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("draftproof ")


def test_triton_without_a_gpu_is_told_of_the_interpreter(draftproof: Draftproof) -> None:
    Path("mine.py").write_text(
        "def vector_add(a, b):\n    raise RuntimeError('0 active drivers ([]). There should only be one.')\n"
    )
    done = draftproof("check", "mine", "--op", "vector_add", "--budget", "small", "--device", "cpu")
    assert done.code == 1
    assert done.out.count("--device interpreter") == 1


def test_a_stranger_whose_name_ends_like_ours_is_no_backend_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backends, "has_gpu", lambda: False)
    for name, ours in (("triton", "interpreter"), ("cupy", "cuda"), ("cuda", "cuda")):
        assert backends.choose_device(f"draftproof.optimized.{name}", None) == ours
        assert backends.choose_device(f"their.{name}", None) == "cpu"
