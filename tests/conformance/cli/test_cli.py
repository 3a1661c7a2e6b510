"""The command line: what it prints, what it writes, and its exit codes."""

import json
import math
import re
import shlex
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from draftproof.conformance.evidence import needs, publish
from draftproof.conformance.reporting.report import read
from draftproof.conformance.running.session import share_time
from draftproof.properties.contracts import CONTRACTS
from draftproof.properties.core.contract import FunctionContract, ObjectContract
from draftproof.properties.core.verdict import State

CASE = "sample/B=2,V=33/float32/rows=zipf,uniforms=float64/seed=5/nan"
Draftproof = Callable[..., Any]

CHECK = ("check", "mine", "--op", "sample", "--budget", "small")


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("check nosuch.kernels", "there is no module 'nosuch' [backend-broken]"),
        ("check json", "json has none of the operations asked for [backend-empty]"),
        (
            "check mine.kernels yours.kernels",
            "are both called 'kernels' in report and matrix [backends-alike]",
        ),
        ("check right --op softmax", "right has none of the operations asked for [backend-empty]"),
        ("check right --op sampel", "there is no operation 'sampel' [operation-unknown]"),
        (
            "check strange --op sample",
            "CONFORMANCE may restrict uniforms, layouts, randomness, interval, batch, ties, dtypes, sizes, "
            "without, status, not temperature",
        ),
        ("check coarse --op sample", "CONFORMANCE sets uniforms to 'float16', but its choices are float32,"),
        ("check right --budget huge", "'huge' is not one of"),
        ("check right --waivers none.toml", "'none.toml' does not exist"),
        ("check right --waivers right.py", "right.py is not TOML [waiver-malformed]"),
        ("explain sampel", "there is no operation 'sampel' [operation-unknown]"),
        ("replay sample/B=2 --backend right", "expected 6 parts separated by '/', got 2 [case-malformed]"),
        ("replay sampel/B=2/-/-/seed=1/- --backend right", "no operation 'sampel' [operation-unknown]"),
        (f"replay {CASE} --backend right --law 'no law'", "sample has no law 'no law' [law-unknown]"),
        (f"replay {CASE.replace('V', 'W')} --backend right", "sizes of B, V expected, got B, W"),
        (f"replay {CASE.replace('32', '8')} --backend right", "dtype of float32 expected, got float8"),
        (f"replay {CASE}+hail --backend right", "flags of edge_uniforms, equal_requests"),
        (f"replay {CASE.replace('zipf', 'zip')} --backend right", "expected, got zip"),
        (
            f"replay {CASE.replace('V=33', 'V=33000000000')} --backend right",
            "at most 1e+09 numbers was expected",
        ),
        (
            "replay match_prefixes/R=2,N=70,M=2,C=64,H=100,page_size=2/int32"
            "/lengths=ragged,tokens=wide,tree=bushy/seed=4/- --backend right",
            "H must be a power of two, got 100 [case-impossible]",
        ),
        (f"replay {CASE} --backend right --law statistics", "sizes of V, draws expected, got B, V"),
        (f"replay {CASE} --backend right --law 'graph replay'", "is checked on cuda, not on numpy"),
        (f"replay {CASE} --backend nosuch", "there is no module 'nosuch' [backend-unusable]"),
        ("replay vector_add/N=2/float32/-/seed=1/- --backend mine", "it has no operation vector_add"),
        ("check right --seconds 0", "greater than or equal to 1"),
    ],
)
def test_nonsense_ends_with_one_explanation_and_exit_code_2(
    draftproof: Draftproof, command: str, says: str
) -> None:
    right = Path("right.py").read_text()
    Path("strange.py").write_text(right + 'CONFORMANCE["sample"] = {"temperature": "1"}\n')
    Path("coarse.py").write_text(right + 'CONFORMANCE["sample"] = {"uniforms": "float16"}\n')
    done = draftproof(*shlex.split(command))
    assert done.code == 2
    assert says in re.sub(r"\s*│?\n│?\s*", " ", done.err)
    assert "Traceback" not in done.err
    assert not done.out


def test_a_right_backend_passes(draftproof: Draftproof) -> None:
    done = draftproof("check", "right", "--op", "sample", "--op", "softmax", "--budget", "small")
    assert done.code == 0
    assert re.search(r"sample .*✓ P (\d+)/\1 ", done.out)
    assert "○ A" in done.out
    report = read(Path("report/right.jsonl"))
    assert report.header.subject.device == "numpy"
    assert report.header.suite.budget == "small"
    assert {result.state for result in report.results} == {State.PASS, State.ABSENT}
    written = {path.name for path in Path("report").iterdir()}
    assert written == {"right.jsonl", "index.html", "badge.svg", "badge.json", "matrix.md"}
    assert json.loads(Path("report/badge.json").read_text())["color"] == "brightgreen"


def test_a_wrong_backend_fails_with_lines_that_fail_again(draftproof: Draftproof) -> None:
    done = draftproof(*CHECK, "--report", "elsewhere")
    assert done.code == 1
    assert "✗ F" in done.out
    assert json.loads(Path("elsewhere/badge.json").read_text())["color"] != "brightgreen"
    (*_, line) = re.findall(r"^ +(draftproof replay .*)$", done.out, re.MULTILINE)
    again = draftproof(*shlex.split(line)[1:])
    assert again.code == 1
    (law,) = re.findall(r"--law '(.*)'", line)
    assert again.out.startswith(f"fail {law}")
    assert "status: expected" in again.out


def test_json_is_valid_and_complete(draftproof: Draftproof) -> None:
    done = draftproof(*CHECK, "--json")
    assert done.code == 1
    (summary,) = done.document["reports"]
    assert summary["backend"] == "mine"
    assert summary["counts"]["fail"] == len(summary["wrong"])
    first = summary["wrong"][0]
    assert first["law"] == "admissible"
    assert first["findings"][0]["excess"] is None  # no rounding explains it
    replayed = draftproof(*shlex.split(first["reproduce"])[1:], "--json")
    assert replayed.code == 1
    assert replayed.document["state"] == "fail"
    assert replayed.document["findings"] == first["findings"]


def test_replay_of_a_right_answer(draftproof: Draftproof) -> None:
    done = draftproof("replay", CASE, "--backend", "right")
    assert done.code == 0
    assert done.out.startswith("pass admissible: Every decision is the oracle's")
    assert draftproof("replay", CASE, "--backend", "right", "--json").document["state"] == "pass"


def test_a_crash_is_the_verdict_of_its_case(draftproof: Draftproof) -> None:
    crash = "\ndef sample(probs, uniforms): raise MemoryError('tile too large')\n"
    Path("mine.py").write_text(Path("right.py").read_text() + crash)
    done = draftproof("replay", CASE, "--backend", "mine")
    assert done.code == 1
    assert done.out.startswith("error admissible")
    assert "MemoryError: tile too large (mine.py:" in done.out


WAIVER = """
[[waiver]]
operation = "sample"
case = "{case}"
kind = "wrong"
issue = "https://example.org/issues/7"
until = 2100-01-01
note = "non-finite numbers are not reported"
"""


def test_what_is_waived_does_not_fail_and_is_not_green(draftproof: Draftproof) -> None:
    # Of a badge less than nine tenths green, the colour would be red.
    Path("mine.py").write_text(
        Path("mine.py").read_text().replace("status & 4", "(status & 4) * (probs.shape[1] > 1000)")
    )
    Path("waivers.toml").write_text(WAIVER.format(case="sample/*"))
    done = draftproof(*CHECK, "--waivers", "waivers.toml")
    assert done.code == 0
    assert "~ W" in done.out
    assert re.search(r"<h1>Conforms, \d+ waived</h1>", Path("report/index.html").read_text())
    assert json.loads(Path("report/badge.json").read_text())["color"] == "yellow"
    waived = [result for result in read(Path("report/mine.jsonl")).results if result.state is State.WAIVED]
    assert waived
    assert all("https://example.org/issues/7" in result.reason for result in waived)


def test_a_waiver_without_a_failure_fails_the_run(draftproof: Draftproof) -> None:
    Path("waivers.toml").write_text(WAIVER.format(case="sample/*"))
    arguments = ("check", "right", "--op", "sample", "--budget", "small", "--waivers", "waivers.toml")
    done = draftproof(*arguments)
    assert done.code == 1
    assert "nothing fails any more: sample/*; remove the waiver (https://example.org/issues/7)" in done.err
    assert draftproof(*arguments, "--json").document["idle_waivers"] == ["sample/*"]
    # What was not asked for has not passed.
    assert draftproof("check", "right", "--op", "vector_add", "--waivers", "waivers.toml").code == 0


@pytest.mark.parametrize("operation", CONTRACTS)
def test_every_operation_is_explained(draftproof: Draftproof, operation: str) -> None:
    contract = CONTRACTS[operation]
    done = draftproof("explain", operation)
    assert done.code == 0
    shown = " ".join(done.out.split())
    assert contract.rule.split(".")[0] in shown
    if isinstance(contract, FunctionContract):
        calls = [each.name for each in (*contract.arguments, *contract.outputs)]
    else:
        assert isinstance(contract, ObjectContract)
        calls = list(contract.methods)
    assert calls
    for name in calls:
        assert name in shown
    for name in [law.name for law in contract.laws]:
        assert name in shown
    explained = draftproof("explain", operation, "--json").document
    assert explained["operation"] == operation
    assert [law["name"] for law in explained["laws"]] == [law.name for law in contract.laws]


def test_bench_needs_a_device(draftproof: Draftproof, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    done = draftproof("bench", "draftproof.optimized.eager", "--json")
    assert done.code == 2
    assert "bench needs a CUDA device" in done.err


def test_badge_without_evidence_and_without_readme(
    draftproof: Draftproof, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:

    monkeypatch.setattr(publish, "EVIDENCE", tmp_path / "none")
    Path("pyproject.toml").write_text('[project]\nname = "draftproof"\n')
    assert draftproof("badge", "--check").code == 1
    assert draftproof("badge").code == 0
    assert draftproof("badge", "--check").code == 0
    assert "no evidence yet" in Path("docs/evidence/badge.svg").read_text()


def test_recording_says_first_what_the_machine_lacks(
    draftproof: Draftproof, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(needs, "MODULES", {"a_module_of_nobody": "this test"})
    monkeypatch.setattr(needs, "_has_gpu", lambda: False)
    Path("pyproject.toml").write_text('[project]\nname = "draftproof"\n')
    done = draftproof("record")
    assert done.code == 2
    assert "this machine cannot record evidence" in done.err
    assert "the module a_module_of_nobody, for this test" in done.err
    assert "a GPU that torch can use" in done.err


SLOW = """
import time
from draftproof import reference

def sample(probs, uniforms):
    time.sleep(0.3)
    return reference.sample(probs, uniforms)

def vector_add(a, b):
    time.sleep(0.3)
    return reference.vector_add(a, b)

CONFORMANCE = {"arrays": "numpy"}
"""


def test_a_limit_of_time_cuts_the_run_and_says_so(draftproof: Draftproof) -> None:
    Path("mine.py").write_text(SLOW)
    arguments = ("check", "mine", "--op", "sample", "--op", "vector_add", "--budget", "small")
    done = draftproof(*arguments, "--seconds", "12")
    assert done.code == 0
    assert re.search(r"incomplete, \d+ of \d+: the time asked for was over", done.out)
    report = read(Path("report/mine.jsonl"))
    assert len(report.results) > report.header.suite.cases > 150
    for operation in ("sample", "vector_add"):
        states = {result.state for result in report.results if result.operation == operation}
        assert states == {State.PASS, State.NOT_RUN}
    document = json.loads(Path("report/badge.json").read_text())
    assert document["color"] == "lightgrey"
    assert document["message"].startswith("incomplete, ")
    assert "<h1>Incomplete, " in Path("report/index.html").read_text()


def test_a_failure_within_the_limit_fails(draftproof: Draftproof) -> None:
    Path("mine.py").write_text(SLOW.replace("return reference.sample(", "return 7 * reference.sample("))
    arguments = ("check", "mine", "--op", "sample", "--budget", "small", "--seconds", "12")
    assert draftproof(*arguments).code == 1


def test_a_waiver_is_not_idle_because_its_failures_were_not_reached(draftproof: Draftproof) -> None:
    Path("mine.py").write_text(SLOW)
    Path("waivers.toml").write_text(WAIVER.format(case="sample/*"))
    done = draftproof(*CHECK, "--waivers", "waivers.toml", "--seconds", "8")
    assert done.code == 0
    assert "nothing fails any more" not in done.err


def test_time_is_shared_among_those_that_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "monotonic", lambda: 100.0)
    assert share_time(160.0, 3) == 120.0
    assert share_time(160.0, 1) == 160.0
    assert share_time(math.inf, 3) == math.inf
