import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from draftproof.conformance.diagnostic import DiagnosticError
from draftproof.conformance.evidence import store
from draftproof.conformance.reporting.records import Report, Result
from draftproof.conformance.reporting.report import ReportWriter, combine, digest, read, schema
from draftproof.conformance.reporting.strategies import reports as drawn_reports
from draftproof.properties.core.verdict import State

few = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def write(report: Report, path: Path) -> Path:
    with ReportWriter(path, report.header) as writer:
        for result in report.results:
            writer.result(result)
        for bench in report.benches:
            writer.bench(bench)
    return path


@given(report=drawn_reports())
@few
def test_what_is_written_is_read(report: Report, tmp_path: Path) -> None:
    path = write(report, tmp_path / "report.jsonl")
    assert read(path) == report
    validator = jsonschema.Draft202012Validator(schema("report-v1"))
    for line in path.read_text(encoding="utf-8").splitlines():
        validator.validate(json.loads(line))


def test_the_schemas_are_schemas() -> None:
    jsonschema.Draft202012Validator.check_schema(schema("report-v1"))
    evidence = Path(store.__file__).with_name("evidence-v2.json")
    jsonschema.Draft202012Validator.check_schema(json.loads(evidence.read_text(encoding="utf-8")))


@given(report=drawn_reports(), data=st.data())
@few
def test_a_part_of_a_report_is_none(report: Report, data: st.DataObject, tmp_path: Path) -> None:
    whole = write(report, tmp_path / "report.jsonl").read_bytes()
    part = tmp_path / "part.jsonl"
    # All but the last newline and brace: a run may be cut off anywhere.
    part.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 3))].decode(errors="ignore").encode())
    with pytest.raises(DiagnosticError) as caught:
        read(part)
    assert caught.value.code == "report-truncated"


def test_a_run_that_raises_leaves_no_report(reports: tuple[Report, ...], tmp_path: Path) -> None:
    path = tmp_path / "report.jsonl"

    def interrupted() -> None:
        with ReportWriter(path, reports[0].header) as writer:
            writer.result(reports[0].results[0])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not path.exists()
    part = path.with_name("report.jsonl.part")
    assert len(part.read_text().splitlines()) == 2
    with pytest.raises(DiagnosticError, match="no footer"):
        read(part)


def _edited(report: Report, path: Path, edit: str) -> Path:
    lines = write(report, path).read_text(encoding="utf-8").splitlines()
    header, first = json.loads(lines[0]), json.loads(lines[1])
    match edit:
        case "report-schema":
            lines[0] = json.dumps({**header, "schema": 2})
        case "report-duplicate":
            lines.insert(1, lines[1])
        case "report-counts":
            del lines[1]
        case "two headers":
            lines.insert(1, lines[0])
        case "appended":
            lines += lines
        case "no reason":
            lines[1] = json.dumps({**first, "state": "error", "reason": ""})
        case "not JSON":
            lines[1] = "{"
        case "unknown field":
            lines[1] = json.dumps({**first, "verdict": "fine"})
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.mark.parametrize("edit", ["report-schema", "report-duplicate", "report-counts"])
def test_an_edited_report_is_refused_by_name(edit: str, reports: tuple[Report, ...], tmp_path: Path) -> None:
    with pytest.raises(DiagnosticError) as caught:
        read(_edited(reports[0], tmp_path / "report.jsonl", edit))
    assert caught.value.code == edit


@pytest.mark.parametrize("edit", ["two headers", "appended", "no reason", "not JSON", "unknown field"])
def test_a_malformed_report_is_refused_with_the_line(
    edit: str, reports: tuple[Report, ...], tmp_path: Path
) -> None:
    with pytest.raises(DiagnosticError, match=r"report\.jsonl:\d+") as caught:
        read(_edited(reports[0], tmp_path / "report.jsonl", edit))
    assert caught.value.code == "report-malformed"


@pytest.mark.parametrize("state", sorted(set(State) - {State.PASS, State.FAIL}))
def test_every_gap_has_a_reason(state: State) -> None:
    with pytest.raises(ValueError, match="needs a reason"):
        Result("sample", "float32", "law", "case", state)


def test_combine_takes_the_same_cases_only(reports: tuple[Report, ...]) -> None:
    assert combine(reports) == reports
    other = replace(reports[1].header.suite, digest=digest(["another case"]))
    with pytest.raises(DiagnosticError, match="another case list") as caught:
        combine([reports[0], replace(reports[1], header=replace(reports[1].header, suite=other))])
    assert caught.value.code == "reports-differ"
    with pytest.raises(DiagnosticError) as caught:
        combine([reports[0], reports[0]])
    assert caught.value.code == "reports-duplicate"
    with pytest.raises(DiagnosticError):
        combine([])


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n")), max_size=5, unique=True))
def test_the_digest_knows_the_cases_and_not_their_order(cases: list[str]) -> None:
    assert digest(cases) == digest(reversed(cases))
    assert digest([*cases, "one more"]) != digest(cases) or Counter(cases)["one more"]
