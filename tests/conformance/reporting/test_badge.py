import json
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from draftproof.conformance.reporting.badge import FILLS, LABEL_FILL, colour, endpoint, svg
from draftproof.conformance.reporting.matrix import Cell, Column, Matrix, Score
from draftproof.conformance.reporting.records import Report
from draftproof.properties.core.verdict import State


def score(*, stale: bool = False, **counts: int) -> Score:
    named = {state.replace("_", " "): count for state, count in counts.items()}
    return Matrix.of({("sample", Column("mine", "float32")): Cell(named, stale)}).score


def test_all_passed_is_green() -> None:
    document = endpoint(score(**{"pass": 1184}), "standard", "sm90")
    assert document == {
        "schemaVersion": 1,
        "label": "draftproof standard · sm90",
        "message": "1184/1184 · covers 100% · full",
        "color": "brightgreen",
        "isError": False,
    }


@pytest.mark.parametrize("state", ["fail", "error", "waived"])
def test_one_that_did_not_pass_is_never_green(state: str) -> None:
    one = score(**{"pass": 10**9, state: 1})
    document = endpoint(one, "deep", "sm90")
    assert document["color"] == ("red" if state in ("fail", "error") else "yellow")
    assert document["isError"] is True
    assert document["message"] == f"{10**9}/{10**9 + 1} · covers 100% · full"
    assert one.percent == 99


def test_incomplete_is_grey_and_says_how_much_was_run() -> None:
    document = endpoint(score(**{"pass": 700, "waived": 3, "not_run": 481}), "small", "cpu")
    assert (document["color"], document["message"]) == ("lightgrey", "incomplete, 703 of 1184 · full")
    assert document["isError"] is True
    failed = endpoint(score(**{"pass": 700, "fail": 1, "not_run": 483}), "small", "cpu")
    assert (failed["color"], failed["message"]) == ("red", "700/1184 · covers 59% · full · incomplete")


def test_stale_is_grey() -> None:
    document = endpoint(score(stale=True, **{"pass": 5}), "standard", "sm90")
    assert (document["color"], document["message"]) == ("lightgrey", "0/5 · covers 100% · full · stale")


def test_one_stale_cell_is_enough() -> None:
    cells = {
        ("sample", Column("mine", "float32")): Cell({"pass": 999}),
        ("softmax", Column("mine", "float32")): Cell({"pass": 1}, stale=True),
    }
    assert colour(Matrix.of(cells).score) == "lightgrey"


def test_nothing_due_is_grey() -> None:
    for gap in ("absent", "unavailable"):
        document = endpoint(score(**{gap: 3}), "standard", "cpu")
        assert (document["color"], document["message"]) == ("lightgrey", "nothing to check · covers 0%")
    assert colour(Matrix.of({}).score) == "lightgrey"


def test_gaps_cost_coverage() -> None:
    one = score(**{"pass": 2, "unavailable": 1})
    assert (one.good, one.due, one.covers) == (2, 2, 66)


@given(st.dictionaries(st.sampled_from(State), st.integers(0, 50)), st.booleans())
def test_green_means_that_everything_due_passed(counts: dict[State, int], stale: bool) -> None:
    drawn = {state.value: count for state, count in counts.items() if count}
    cells = {("sample", Column("mine", "float32")): Cell(drawn, stale)} if drawn else {}
    due = set(drawn) - {"absent", "unavailable", "not promised", "not observed"}
    green = colour(Matrix.of(cells).score) == "brightgreen"
    assert green == (due == {"pass"} and not stale)


def test_the_drawing_says_the_same(reports: tuple[Report, ...]) -> None:
    one = Matrix.from_reports(reports).score
    root = ET.fromstring(svg(one, "a <b> & c", "sm90"))
    assert root.get("aria-label") == f"draftproof a <b> & c · sm90: {endpoint(one, '', '')['message']}"
    assert FILLS["red"] in svg(one, "small", "cpu")
    json.dumps(endpoint(one, "small", "cpu"))


def test_white_text_can_be_read() -> None:
    for fill in (*FILLS.values(), LABEL_FILL):
        parts = [int(fill[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        assert 1.05 / (luminance + 0.05) >= 4.5, fill
