from datetime import date
from pathlib import Path

import pytest

from draftproof.conformance.diagnostic import DiagnosticError
from draftproof.conformance.reporting.badge import colour
from draftproof.conformance.reporting.matrix import Cell, Column, Matrix
from draftproof.conformance.reporting.records import Result
from draftproof.conformance.running.waivers import Waivers, load
from draftproof.properties.core.verdict import State

TODAY = date(2026, 11, 22)
CASES = ("sample/B=2,V=33/float16/-/seed=7/-", "softmax/B=2,V=33/float32/-/seed=7/-")
GOOD = {
    "operation": '"sample"',
    "case": '"sample/*/float16/*"',
    "kind": '"wrong"',
    "issue": '"https://example.org/project/issues/17"',
    "until": "2027-02-01",
    "note": '"float16 sums drift"',
}


def written(tmp_path: Path, **changes: str | None) -> Path:
    fields = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    path = tmp_path / "waivers.toml"
    path.write_text("[[waiver]]\n" + "\n".join(f"{name} = {value}" for name, value in fields.items()))
    return path


def result(state: State, case: str = CASES[0]) -> Result:
    operation = case.partition("/")[0]
    return Result(operation, "float16", "law", case, state, reason="why" if state is State.ERROR else "")


@pytest.mark.parametrize("state", [State.FAIL, State.ERROR])
def test_a_known_failure_is_waived_and_not_green(state: State, tmp_path: Path) -> None:
    waivers = load(written(tmp_path), CASES, TODAY)
    settled = waivers.settle(result(state))
    assert settled.state is State.WAIVED
    assert "https://example.org/project/issues/17" in settled.reason
    assert "2027-02-01" in settled.reason
    assert waivers.idle == ()
    matrix = Matrix.of({("sample", Column("mine", "float16")): Cell({"pass": 99, settled.state.value: 1})})
    assert colour(matrix.score) == "yellow"


def test_other_results_stay_as_they_are(tmp_path: Path) -> None:
    waivers = load(written(tmp_path), CASES, TODAY)
    for untouched in (result(State.PASS), result(State.FAIL, CASES[1])):
        assert waivers.settle(untouched) is untouched
    assert [waiver.case for waiver in waivers.idle] == ["sample/*/float16/*"]


def test_a_crash_is_never_launched(tmp_path: Path) -> None:
    waivers = load(written(tmp_path, kind='"crash"'), CASES, TODAY)
    assert waivers.never_launch("sample", CASES[0])
    assert waivers.never_launch("softmax", CASES[1]) is None
    assert waivers.idle == ()
    assert Waivers().never_launch("sample", CASES[0]) is None


@pytest.mark.parametrize(
    ("changes", "code", "says"),
    [
        ({"issue": None}, "waiver-malformed", "without issue"),
        ({"issue": '""'}, "waiver-malformed", "without issue"),
        ({"issue": '"someone knows"'}, "waiver-issue", "must be a link"),
        ({"until": None}, "waiver-malformed", "without until"),
        ({"until": "2026-11-21"}, "waiver-expired", "until 2026-11-21, today is 2026-11-22"),
        ({"until": '"soon"'}, "waiver-malformed", "must be a date"),
        ({"until": "2027-02-01T00:00:00"}, "waiver-malformed", "must be a date"),
        ({"case": '"sample/*/bfloat16/*"'}, "waiver-idle", "matches no case"),
        ({"operation": '"softmax"'}, "waiver-idle", "matches no case of softmax"),
        ({"kind": '"flaky"'}, "waiver-malformed", "wrong or crash"),
        ({"owner": '"me"'}, "waiver-malformed", "unknown: owner"),
    ],
)
def test_a_bad_waiver_is_refused(
    changes: dict[str, str | None], code: str, says: str, tmp_path: Path
) -> None:
    with pytest.raises(DiagnosticError, match=says) as caught:
        load(written(tmp_path, **changes), CASES, TODAY)
    assert caught.value.code == code
    assert "waiver 1" in str(caught.value)


@pytest.mark.parametrize("text", ["[[waiver]", "waiver = 3", "[other]\n"])
def test_a_file_of_something_else_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "waivers.toml"
    path.write_text(text)
    with pytest.raises(DiagnosticError) as caught:
        load(path, CASES, TODAY)
    assert caught.value.code == "waiver-malformed"


def test_a_waiver_holds_to_its_last_day(tmp_path: Path) -> None:
    assert load(written(tmp_path, until="2026-11-22"), CASES, TODAY).waivers
