"""Whole drawings: the chart of a run as one file, and its parts for a page that brings the colours."""

import math
from collections.abc import Sequence
from html import escape
from itertools import islice
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from draftproof.conformance.reporting.charts.dots import (
    RIGHT,
    draw_dots,
    lay_out,
    list_dots,
    measure_dots,
)
from draftproof.conformance.reporting.charts.ink import (
    MUTED,
    VARIABLES,
    Looks,
    assign_looks,
    render_svg,
    style,
)
from draftproof.conformance.reporting.charts.lines import draw_lines
from draftproof.conformance.reporting.charts.panels import Panel, list_backends, list_peers, panels
from draftproof.conformance.reporting.records import BenchRow

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, FigureBase

COLUMN, ROW = 5.2, 3.5
"""Inches of one panel, with its title."""
SHAPE_WIDTH = 60
"""Characters of a panel's second title that fit above it."""
LEGEND_ROW = 0.24
"""Inches of one line of a legend."""
LETTER, HANDLE = 0.08, 0.62
"""Inches of a letter in a legend, and of a mark with the space around it."""


def chart(rows: Sequence[BenchRow]) -> str:
    """Return everything timed as an SVG: ratios by operation, then times against size.

    A single operation has no need of the first part, unless it was timed at one size alone. The same
    rows always give the same bytes; raises ValueError if there are none.
    """
    # Imported where something is drawn: no other command should wait for it.
    import matplotlib as mpl
    from matplotlib.figure import Figure

    drawn = panels(rows)
    if not drawn:
        raise ValueError("chart: there are no timings to draw")
    lines = [panel for panel in drawn if panel.is_line]
    dotted = drawn if len({panel.operation for panel in drawn}) > 1 or len(lines) < len(drawn) else []
    looks, width = _looks(drawn), 2 * COLUMN
    heights = [
        *([measure_dots(list_dots(dotted), width)] if dotted else []),
        *([ROW * math.ceil(len(lines) / 2)] if lines else []),
    ]
    legend = _plan_legend(drawn, width)
    with mpl.rc_context(style("chart")):
        figure = Figure(figsize=(width, sum(heights) + legend.height), layout="constrained")
        parts = iter(figure.subfigures(len(heights), 1, squeeze=False, height_ratios=heights).flat)
        axes = []
        if dotted:
            axes.append(_add_dots(next(parts), dotted, looks, width, heights[0]))
        if lines:
            axes += _add_lines(next(parts), lines, looks)
        _add_legend(figure, axes, legend, "outside upper left")
        return render_svg(figure)


def draw_inline_charts(rows: Sequence[BenchRow]) -> list[tuple[Panel, str]]:
    """Return each panel of several sizes with an SVG for a page, whose style gives the colours."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    charts, drawn = [], panels(rows)
    looks = _looks(drawn)
    for number, panel in enumerate(panel for panel in drawn if panel.is_line):
        with mpl.rc_context(style(f"panel-{number}")):
            figure = Figure(figsize=(COLUMN, ROW), layout="constrained")
            ax = figure.subplots()
            draw_lines(panel, ax, looks)
            _add_legend(figure, [ax], _plan_legend([panel], COLUMN), "outside lower center")
            name = f"Microseconds against {panel.axis}: {panel.operation}, {panel.shape}"
            charts.append((panel, _make_inline(render_svg(figure, transparent=True), name)))
    return charts


def draw_inline_ratios(rows: Sequence[BenchRow]) -> tuple[str, str]:
    """Return the dot plot of everything timed for a page, once for wide screens and once for narrow ones."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    drawn, made = panels(rows), []
    for salt, width in (("wide", 2 * COLUMN), ("narrow", COLUMN)):
        height, legend = measure_dots(list_dots(drawn), width), _plan_legend(drawn, width)
        with mpl.rc_context(style(salt)):
            figure = Figure(figsize=(width, height + legend.height), layout="constrained")
            ax = _add_dots(
                figure.add_subfigure(figure.add_gridspec()[0]), drawn, _looks(drawn), width, height
            )
            _add_legend(figure, [ax], legend, "outside upper left")
            name = "Time as a ratio to the byte floor, by operation"
            made.append(_make_inline(render_svg(figure, transparent=True), name))
    wide, narrow = made
    return wide, narrow


def _looks(drawn: Sequence[Panel]) -> Looks:
    return assign_looks(list_backends(drawn), list_peers(drawn))


def _add_dots(
    part: "FigureBase", drawn: Sequence[Panel], looks: Looks, width: float, height: float
) -> "Axes":
    """Place the dot plot by hand: its names are as wide as they are, whatever the layout would do."""
    lines = list_dots(drawn)
    left, bottom, top = lay_out(lines, width).left, 0.4 / height, 1 - 0.05 / height
    ax = part.add_axes((left, bottom, RIGHT - left, top - bottom))
    draw_dots(lines, ax, looks, width)
    return ax


def _add_lines(part: "FigureBase", drawn: Sequence[Panel], looks: Looks) -> "list[Axes]":
    """Draw panels side by side, each under its titles."""
    axes = []
    grid = part.add_gridspec(math.ceil(len(drawn) / 2), min(2, len(drawn)))
    titles = [wrap(panel.shape, SHAPE_WIDTH) for panel in drawn]
    pad = 9 + 11 * max(map(len, titles))
    for place, panel in enumerate(drawn):
        ax = part.add_subplot(grid[divmod(place, grid.ncols)])
        draw_lines(panel, ax, looks)
        ax.set_title(panel.operation, loc="left", fontweight="bold", pad=pad)
        shape = ax.annotate("\n".join(titles[place]), (0, 1), (0, pad - 3), "axes fraction", "offset points")
        shape.set(va="top", color=MUTED, fontsize=8.5)
        shape.set_in_layout(False)  # a long line must not make the axes narrow
        axes.append(ax)
    return axes


Place = Literal["outside upper left", "outside lower center"]


class Legend(NamedTuple):
    """Everyone's mark, once, in as many columns as fit."""

    labels: list[str]
    columns: int

    @property
    def height(self) -> float:
        """Inches that it takes."""
        return LEGEND_ROW * (math.ceil(len(self.labels) / self.columns) + 0.5)


def _plan_legend(drawn: Sequence[Panel], width: float) -> Legend:
    """List backends, then what they are measured against."""
    published = [f"{name}, published" for name in list_peers(drawn)]
    target = ["target"] if any(panel.targets for panel in drawn) else []
    labels = [*list_backends(drawn), *published, *target, "byte floor"]
    for columns in range(len(labels), 1, -1):
        rest, taken = iter(labels), 0.0
        for place in range(columns):  # Matplotlib fills columns from the left, the first ones with one more
            rows = len(labels) // columns + (place < len(labels) % columns)
            taken += LETTER * max(len(label) for label in islice(rest, rows)) + HANDLE
        if taken <= width:
            return Legend(labels, columns)
    return Legend(labels, 1)


def _add_legend(figure: "Figure", axes: "Sequence[Axes]", legend: Legend, place: Place) -> None:
    handles: dict[str, Any] = {}
    for ax in axes:
        handles |= {label: handle for handle, label in zip(*ax.get_legend_handles_labels(), strict=True)}
    known = [label for label in legend.labels if label in handles]
    figure.legend(
        [handles[label] for label in known], known, loc=place, ncols=legend.columns, frameon=False, fontsize=9
    )


def _make_inline(svg: str, name: str) -> str:
    """Give an SVG its name for screen readers, and the page's colours."""
    svg = svg[svg.index("<svg") :].replace("<svg", f'<svg role="img" aria-label="{escape(name)}"', 1)
    for colour, variable in VARIABLES.items():
        svg = svg.replace(colour, f"var({variable})")
    return svg
