import re
import warnings
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from draftproof.conformance.reporting.charts import (
    chart,
    draw_inline_charts,
    draw_inline_ratios,
    markdown,
    panels,
    write_lines,
)
from draftproof.conformance.reporting.charts.dots import LETTER, RIGHT, lay_out, list_dots
from draftproof.conformance.reporting.charts.ink import assign_looks
from draftproof.conformance.reporting.charts.scale import span_log
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


def at_one_size(reports: tuple[Report, ...]) -> list[BenchRow]:
    """Leave every operation one size: there is nothing to draw a line through."""
    return [row for row in rows(reports) if "/B=64," in row.case]


def test_a_single_point_gets_no_panel_but_a_line_of_the_dot_plot(reports: tuple[Report, ...]) -> None:
    alone = at_one_size(reports)
    assert alone
    assert draw_inline_charts(alone) == []
    drawn = chart(alone)
    assert "µs" not in drawn
    assert len(re.findall(r'<g id="axes_', drawn)) == 1
    for ratios in draw_inline_ratios(alone):
        for word in ("sample", "verify_chain", "B=64", "triton", "target", "FlashInfer, published", "1 x"):
            assert f">{word}<" in ratios


def test_ratios_are_to_the_floor_and_say_which_shape(reports: tuple[Report, ...]) -> None:
    timed = [*rows(reports), *(replace(r, case=r.case.replace("token", "block")) for r in rows(reports))]
    token, block, sample = list_dots(panels(timed))
    assert (token.shape, block.shape, sample.shape) == ("B=256, rule=token", "B=256, rule=block", "B=256")
    (row,) = [r for r in rows(reports) if r.case.startswith("sample/B=256") and r.backend.endswith("cuda")]
    assert sample.backends["cuda"] == pytest.approx(row.ratio_to_floor)
    assert sample.target == pytest.approx(50 / row.floor_microseconds)
    assert sample.peer == ("SGLang", pytest.approx(69 / row.floor_microseconds))


@given(st.lists(st.floats(1e-4, 1e7), min_size=1, max_size=20))
def test_no_axis_is_bare_or_cuts_what_is_drawn(drawn: list[float]) -> None:
    scale = span_log(drawn)
    assert scale.low <= min(drawn) / 1.2
    assert scale.high >= max(drawn) * 1.2
    assert 2 <= len(scale.ticks) <= 12
    assert len(set(scale.words)) == len(scale.words)


def test_everyone_in_a_figure_is_told_apart() -> None:
    looks = assign_looks(["eager", *map(str, range(20))], [f"peer {n}" for n in range(8)])
    assert len(set(looks.backends.values())) == 21
    assert len(set(looks.peers.values())) == 8
    assert not set(looks.backends.values()) & set(looks.peers.values())


@pytest.mark.parametrize("operation", ["sample", "apply_penalties_in_place_and_sample_again"])
def test_names_do_not_run_into_one_another(reports: tuple[Report, ...], operation: str) -> None:
    long = [replace(row, operation=operation) for row in at_one_size(reports)]
    long += [replace(row, case=row.case.replace("V=128256", "V=1,count=2,width=3")) for row in long]
    lines = list_dots(panels(long))
    for width in (5.2, 10.4):
        layout = lay_out(lines, width)
        names = [LETTER * len(line.operation) for line in lines]
        shapes = [LETTER * len(line.shape) for line in lines]
        room = layout.left * width if layout.beside else RIGHT * width
        if not layout.stacked:
            assert max(map(sum, zip(names, shapes, strict=True))) <= room
        assert max(*names, *shapes) <= room


def test_no_legend_is_cut(reports: tuple[Report, ...]) -> None:
    """A letter of DejaVu Sans at nine points takes about five points."""
    named = [replace(row, backend=f"{row.backend}_of_somebody_else") for row in rows(reports)]
    for svg in (chart([*rows(reports), *named]), *draw_inline_ratios([*rows(reports), *named])):
        width = float(re.search(r'width="([\d.]+)pt"', svg)[1])
        for x, word in re.findall(r'font-size: 9px[^>]* x="([\d.]+)"[^>]*>([^<]+)</text>', svg):
            assert float(x) + 5.0 * len(word) < width, word


def test_eighty_columns_hold_every_time(reports: tuple[Report, ...]) -> None:
    lines = list(write_lines(rows(reports)))
    assert max(map(len, lines)) <= 80
    assert lines[0] == "verify_chain B=1,K=4,V=128256 float32 rule=token"
    assert lines[5] == "    target 5 us, published 41 us FlashInfer"
    for row in rows(reports):
        assert sum(f" {row.microseconds:,.2f} us" in line for line in lines) >= 1
        assert sum(f" {row.ratio_to_floor:,.2f} x floor" in line for line in lines) >= 1
