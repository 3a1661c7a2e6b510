"""What a terminal of eighty columns shows: everything that matters, nothing cut."""

import re
from dataclasses import replace
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console

from draftproof.conformance.cli import outcome
from draftproof.conformance.cli.progress import show_progress
from draftproof.conformance.reporting.matrix import Cell, Column, Matrix
from draftproof.conformance.reporting.records import Report
from draftproof.conformance.reporting.strategies import reports as drawn_reports
from draftproof.conformance.reporting.terminal import arrange_tables
from draftproof.properties.core.verdict import Finding, State

BACKENDS = ("eager", "triton", "cupy", "cuda", "host", "someones_fused_kernels")
OPERATIONS = ("verify_chain_greedy", "softmax", "fill_block_tables")
DTYPES = ("float32", "bfloat16", "int32")


def printed(matrix: Matrix, width: int) -> str:
    console = Console(file=StringIO(), width=width)
    for table in arrange_tables(matrix, width):
        console.print(table)
    return console.file.getvalue()


@pytest.fixture
def crowd() -> Matrix:
    """Six backends, every count with its own number."""
    places = [(operation, Column(b, d)) for operation in OPERATIONS for b in BACKENDS for d in DTYPES]
    return Matrix.of({place: Cell({"pass": 1184 - n, "fail": n}) for n, place in enumerate(places)})


def test_eighty_columns_cut_no_cell_and_no_name(crowd: Matrix) -> None:
    text = printed(crowd, 80)
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= 80
    for (operation, column), cell in crowd.cells.items():
        assert f" {cell.text} " in text
        assert f" {operation} " in text
        assert f" {column.dtype} " in text
    for backend in BACKENDS[:-1]:
        assert f" {backend} " in text


def test_a_wide_terminal_has_one_table(crowd: Matrix) -> None:
    assert printed(crowd, 80).count("operation") == 3
    assert printed(crowd, 200).count("operation") == 1


@given(drawn_reports("a.one"), drawn_reports("b.two"), st.integers(20, 200))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_nothing_is_cut_at_any_width(one: Report, other: Report, width: int) -> None:
    matrix = Matrix.from_reports([one, other])
    shown = re.sub(r"[^\d/]", "", printed(matrix, width))
    for cell in matrix.cells.values():
        if cell.due and width >= 60:
            assert f"{cell.good}/{cell.due}" in shown
    assert "…" not in printed(matrix, width)


def test_progress_keeps_its_numbers_beside_a_long_name() -> None:
    console = Console(file=StringIO(), width=80, force_terminal=True, color_system=None)
    with show_progress("somebody.package.with.a.long.name.kernels.fused.cuda", 1184, console) as seen:
        for _ in range(1100):
            seen(SimpleNamespace(state=State.FAIL))
    last = console.file.getvalue().split("\r")[-1]
    assert "1100/1184" in last
    assert "…" not in last


def test_paths_and_reproductions_stand_in_one_line(
    reports: tuple[Report, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    console: Any = Console(file=StringIO(), width=80)
    monkeypatch.setattr(outcome, "out", console)
    folder = tmp_path / "a folder whose name is long" / "and another one below it"
    outcome.show_outcome(reports, folder, [], {}, False)
    text = console.file.getvalue()
    assert "…" not in text
    assert f"page: {folder}/index.html, badge: {folder}/badge.svg\n" in text
    assert re.search(
        r"draftproof replay 'verify_chain/B=\d,K=4,V=128256/.*' --backend \S+ --law '.*'\n", text
    )


def test_of_each_law_the_worst_case_is_shown_with_its_worst_finding(
    reports: tuple[Report, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    wrong = [result for result in reports[2].results if result.state is State.FAIL]
    slight, bad = Finding("row 1", "1", "2", 1.5), Finding("row 2", "3", "4", 900.0)
    found = [(slight,), (slight, slight, bad), (slight,)]
    edited = tuple(replace(r, findings=f) for r, f in zip(wrong, found, strict=False))
    console: Any = Console(file=StringIO(), width=80)
    monkeypatch.setattr(outcome, "out", console)
    outcome.show_outcome([replace(reports[2], results=edited)], tmp_path, [], {}, False)
    _, said = console.file.getvalue().split("fail verify_chain")
    assert said.splitlines()[1] == "    row 2: expected 3, got 4 (900 x the allowed error)"
    assert wrong[1].case in said
