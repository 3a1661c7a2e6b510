import re
import warnings
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from draftproof.conformance.reporting.charts import chart, draw_inline_charts, markdown, panels
from draftproof.conformance.reporting.records import BenchRow, Report
from draftproof.conformance.reporting.strategies import benches


def rows(reports: tuple[Report, ...]) -> list[BenchRow]:
    return [bench for report in reports for bench in report.benches]


def test_the_chart_is_the_same_every_time(reports: tuple[Report, ...]) -> None:
    drawn = chart(rows(reports))
    assert drawn == chart(rows(reports))
    for word in ("verify_chain", "sample", "triton", "cuda", "byte floor", "FlashInfer, published", "target"):
        assert word in drawn
    ET.fromstring(drawn)


def test_a_long_shape_leaves_the_axes_their_width(reports: tuple[Report, ...]) -> None:
    long = [
        replace(row, case=row.case.replace("rule=token", f"rule=token,rows={'z' * 50},drafts={'d' * 50}"))
        for row in rows(reports)
    ]
    assert long != rows(reports)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # Matplotlib warns where axes collapse
        assert _widest_line(chart(long)) == pytest.approx(_widest_line(chart(rows(reports))), rel=0.02)


def _widest_line(svg: str) -> float:
    """Return the width of the widest grid line, in points: that of the axes."""
    runs = re.findall(r'd="M ([\d.]+) ([\d.]+) *\nL ([\d.]+) ([\d.]+)', svg)
    return max(float(x2) - float(x1) for x1, y1, x2, y2 in runs if y1 == y2)


def test_inline_charts_leave_the_colours_to_the_page(reports: tuple[Report, ...]) -> None:
    for panel, svg in draw_inline_charts(rows(reports)):
        assert svg.startswith('<svg role="img" aria-label="Microseconds against B')
        assert panel.operation in svg
        assert "var(--series-0)" in svg
        assert "#0a58ca" not in svg


def test_cases_that_differ_in_the_first_axis_share_a_panel(reports: tuple[Report, ...]) -> None:
    first, second = panels(rows(reports))
    assert (first.operation, first.axis, first.sizes) == ("verify_chain", "B", [1, 8, 64, 256])
    assert first.shape == "K=4, V=128256, float32, rule=token"
    assert list(second.lines) == ["eager", "triton", "cupy", "cuda"]
    assert second.peers[256] == (69, "SGLang")


def test_the_table_is_ready_for_a_pull_request() -> None:
    row = BenchRow(
        "sample",
        "sample/B=1,V=9/float32/-/seed=0/-",
        "a.cuda",
        6.5,
        6.25,
        7,
        2,
        36,
        3.25,
        0.5,
        4096,
        5,
        35,
        "FlashInfer",
    )
    *_, line = markdown([row]).splitlines()
    assert line == (
        "| `sample` | `B=1,V=9/float32/-/seed=0/-` | cuda | 6.5 | 6.25 to 7 | 3.25 x | 0.5 x | 5 ✗ 1.30 x "
        "| 35 FlashInfer | 4.00 KiB |"
    )


def test_nothing_timed_is_nothing_drawn() -> None:
    with pytest.raises(ValueError, match="no timings"):
        chart([])


@given(st.lists(benches(), min_size=1, max_size=4))
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_timings_can_be_drawn(drawn: list[BenchRow]) -> None:
    ET.fromstring(chart(drawn))
    assert len(markdown(drawn).splitlines()) == len(drawn) + 2
