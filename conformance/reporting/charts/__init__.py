"""Timings drawn: ratios to the floor by operation, time against size, and the table of a pull request."""

from draftproof.conformance.reporting.charts.figure import chart, draw_inline_charts, draw_inline_ratios
from draftproof.conformance.reporting.charts.ink import (
    FLOOR,
    FONT,
    GRID,
    INK,
    LINES,
    MARKERS,
    MUTED,
    PAPER,
    TARGET,
    render_svg,
    style,
)
from draftproof.conformance.reporting.charts.panels import Panel, panels
from draftproof.conformance.reporting.charts.table import compare_with_target, markdown, memory, write_lines

__all__ = [
    "FLOOR",
    "FONT",
    "GRID",
    "INK",
    "LINES",
    "MARKERS",
    "MUTED",
    "PAPER",
    "TARGET",
    "Panel",
    "chart",
    "compare_with_target",
    "draw_inline_charts",
    "draw_inline_ratios",
    "markdown",
    "memory",
    "panels",
    "render_svg",
    "style",
    "write_lines",
]
