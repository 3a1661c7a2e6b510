import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from draftproof.conformance.diagnostic import DiagnosticError
from draftproof.conformance.reporting.glyphs import MARKS, percent
from draftproof.conformance.reporting.matrix import (
    Cell,
    Column,
    Matrix,
    markdown,
    update_markers,
)
from draftproof.conformance.reporting.records import Report
from draftproof.conformance.reporting.strategies import reports as drawn_reports
from draftproof.properties.core.verdict import State

START, END = "<!-- matrix -->", "<!-- /matrix -->"


def test_every_state_has_a_letter_of_its_own() -> None:
    assert set(MARKS) == {state.value for state in State} | {"stale"}
    assert len({mark.letter for mark in MARKS.values()}) == len(MARKS)
    assert len({mark.glyph for mark in MARKS.values()}) == len(MARKS)


def test_markdown_of_a_run(reports: tuple[Report, ...]) -> None:
    lines = markdown(Matrix.from_reports(reports)).splitlines()
    assert lines[0] == "| operation | dtype | eager | triton | cupy | cuda |"
    assert lines[2].startswith("| `verify_chain` | float32 | ✓ P 120/120 | ✓ P 120/120 |")
    assert "✗ F 113/120" in lines[2]
    assert "○ A |" in lines[3]
    assert lines[-1] == "✓ P pass · ✗ F fail · ! E error · ~ W waived · · N not run · ○ A absent"


@given(drawn_reports("a.one"), drawn_reports("b.two"))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_nothing_is_lost_between_report_and_tables(one: Report, other: Report) -> None:
    matrix = Matrix.from_reports([one, other])
    counted = sum(sum(cell.counts.values()) for cell in matrix.cells.values())
    assert counted == len(one.results) + len(other.results)
    rows = {(operation, column.dtype) for operation, column in matrix.cells}
    assert len(markdown(matrix).splitlines()) == len(rows) + (4 if rows else 2)


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_percent_is_floored(part: int, rest: int) -> None:
    assert (percent(part, part + rest) == 100) == (rest == 0 and part > 0)


def test_an_absent_operation_costs_coverage_however_few_lines_it_has() -> None:
    column = Column("mine", "float32")
    cells = {("sample", column): Cell({"pass": 999}), ("softmax", column): Cell({"absent": 1})}
    score = Matrix.of(cells).score
    assert (score.good, score.due, score.covers) == (999, 999, 50)


def test_a_stale_cell_has_nothing_good() -> None:
    cell = Cell({"pass": 5}, stale=True)
    assert cell.text == "↻ S 0/5"


def test_markers_are_replaced_and_nothing_else() -> None:
    text = "before\n<!-- matrix -->\nold\n<!-- /matrix -->\nafter\n"
    updated = update_markers(text, "matrix", "new")
    assert updated == "before\n<!-- matrix -->\nnew\n<!-- /matrix -->\nafter\n"
    assert update_markers(updated, "matrix", "new") == updated


@pytest.mark.parametrize(
    "text",
    ["", START, END + START, START * 2 + END],
)
def test_missing_markers_are_named(text: str) -> None:
    with pytest.raises(DiagnosticError, match="<!-- matrix -->"):
        update_markers(text, "matrix", "new")
