"""The speed chart and the table for a pull request: time against batch size, and what bounds it."""

import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from textwrap import wrap
from typing import TYPE_CHECKING, Any, NamedTuple

from draftproof.conformance.reporting.records import BenchRow
from draftproof.conformance.reporting.report import short_name
from draftproof.properties.core.case import Case

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, MUTED, GRID, PAPER = "#1f2328", "#59636e", "#d8dee4", "#ffffff"
EAGER, FLOOR, PEER, TARGET = "#6e7781", "#57606a", "#bc1a5e", "#1a7f36"
LINES = ("#0a58ca", "#c2410c", "#6f42c1", "#0b7285", "#8a6100")
MARKERS = ("o", "s", "^", "D", "v")
VARIABLES = {
    INK: "--ink",
    MUTED: "--muted",
    GRID: "--line",
    EAGER: "--eager",
    FLOOR: "--floor",
    PEER: "--peer",
    TARGET: "--target",
    **{colour: f"--series-{n}" for n, colour in enumerate(LINES)},
}
"""Every colour of a drawing is used for one purpose only, so that a page can give it its own."""
SHAPE_WIDTH = 60
"""Characters of a panel's second title that fit above it."""
FONT = "DejaVu Sans"
"""The one that Matplotlib brings along, so that text is measured alike everywhere."""


class Point(NamedTuple):
    """One time, in microseconds, with the range of the rounds."""

    size: int
    microseconds: float
    lowest: float
    highest: float


@dataclass(slots=True)
class Panel:
    """One operation at one shape: everything that its chart shows, by size of the first axis."""

    operation: str
    shape: str
    """What the title says of the shape: ``"K=4, V=128256, float32, rule=token"``."""
    axis: str
    lines: dict[str, list[Point]] = field(default_factory=dict)
    floor: dict[int, float] = field(default_factory=dict)
    targets: dict[int, float] = field(default_factory=dict)
    peers: dict[int, tuple[float, str]] = field(default_factory=dict)

    @property
    def sizes(self) -> list[int]:
        """The sizes that were timed."""
        return sorted(self.floor)

    def times(self, backend: str) -> dict[int, float]:
        """One backend's microseconds by size."""
        return {point.size: point.microseconds for point in self.lines[backend]}


def panels(rows: Iterable[BenchRow]) -> list[Panel]:
    """Sort timings into panels: cases that differ in the first axis only belong together."""
    found: dict[str, Panel] = {}
    for row in rows:
        case = Case.parse(row.case)
        axis, size = next(iter(case.shape.items()))
        rest = replace(case.reshaped(**{axis: 0}), seed=0)
        parts = [f"{name}={n}" for name, n in case.shape.items() if name != axis] + [case.dtype]
        parts += [f"{name}={value}" for name, value in sorted(case.options.items())] + sorted(case.flags)
        panel = found.setdefault(str(rest), Panel(row.operation, ", ".join(parts), axis))
        line = panel.lines.setdefault(short_name(row.backend), [])
        line.append(Point(size, row.microseconds, row.lowest, row.highest))
        line.sort()
        panel.floor[size] = row.floor_microseconds
        if row.target_microseconds is not None:
            panel.targets[size] = row.target_microseconds
        if row.peer_microseconds is not None:
            panel.peers[size] = row.peer_microseconds, row.peer or "published"
    return list(found.values())


def chart(rows: Sequence[BenchRow], columns: int = 2) -> str:
    """Return the chart of all panels as an SVG; the same rows always give the same bytes."""
    drawn = panels(rows)
    if not drawn:
        raise ValueError("chart: there are no timings to draw")
    return _svg(drawn, min(columns, len(drawn)), _backends(rows), "chart")


def draw_inline_charts(rows: Sequence[BenchRow]) -> list[tuple[Panel, str]]:
    """Return each panel with an SVG for a page, whose style gives the colours (``VARIABLES``)."""
    charts, backends = [], _backends(rows)
    for number, panel in enumerate(panels(rows)):
        svg = _svg([panel], 1, backends, f"panel-{number}", titled=False)
        name = escape(f"Microseconds against {panel.axis}: {panel.operation}, {panel.shape}")
        svg = svg[svg.index("<svg") :].replace("<svg", f'<svg role="img" aria-label="{name}"', 1)
        for colour, variable in VARIABLES.items():
            svg = svg.replace(colour, f"var({variable})")
        charts.append((panel, svg))
    return charts


def markdown(rows: Sequence[BenchRow]) -> str:
    """Return the timings as a Markdown table, ready for a pull request."""
    lines = [
        "| operation | case | backend | µs | range | of floor | of baseline | target | published | memory |",
        "| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in rows:
        peer = f"{row.peer_microseconds:.4g} {row.peer or ''}".strip() if row.peer_microseconds else "—"
        cells = [
            f"`{row.operation}`",
            f"`{row.case.partition('/')[2]}`",
            short_name(row.backend),
            f"{row.microseconds:.4g}",
            f"{row.lowest:.4g} to {row.highest:.4g}",
            f"{row.ratio_to_floor:.2f} x",
            "—" if row.ratio_to_eager is None else f"{row.ratio_to_eager:.3g} x",
            compare_with_target(row),
            peer,
            memory(row.peak_bytes),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def compare_with_target(row: BenchRow) -> str:
    """Return the target with whether it is met: ``"26 ✓"``, or by how much not: ``"26 ✗ 1.31 x"``."""
    if row.target_microseconds is None:
        return "—"
    if row.microseconds <= row.target_microseconds:
        return f"{row.target_microseconds:.4g} ✓"
    # A target of nothing cannot be met, and has no ratio.
    over = f" {row.microseconds / row.target_microseconds:.2f} x" if row.target_microseconds else ""
    return f"{row.target_microseconds:.4g} ✗{over}"


def memory(amount: int | None) -> str:
    """Return a number of bytes for people.

    >>> memory(None), memory(900), memory(1_052_672)
    ('—', '900 B', '1.00 MiB')
    """
    if amount is None:
        return "—"
    size = float(amount)
    for unit in ("B", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.0f} B" if unit == "B" else f"{size:.2f} {unit}"
        size /= 1024
    return f"{size:.2f} GiB"


def _backends(rows: Iterable[BenchRow]) -> list[str]:
    return list(dict.fromkeys(short_name(row.backend) for row in rows))


def _svg(drawn: Sequence[Panel], columns: int, backends: list[str], salt: str, titled: bool = True) -> str:
    """Draw panels in a grid; ``salt`` keeps the ids of drawings on one page apart."""
    # Imported where something is drawn: no other command should wait for it.
    import matplotlib as mpl
    from matplotlib.figure import Figure

    rows = math.ceil(len(drawn) / columns)
    with mpl.rc_context(style(salt)):
        figure = Figure(figsize=(5.2 * columns, 3.5 * rows + 0.35), layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False).flat
        for panel, ax in zip(drawn, axes, strict=False):
            _draw(panel, ax, backends)
            if titled:
                lines = wrap(panel.shape, SHAPE_WIDTH)
                ax.set_title(panel.operation, loc="left", fontweight="bold", pad=9 + 11 * len(lines))
                shape = ax.text(0, 1.03, "\n".join(lines), transform=ax.transAxes, color=MUTED, fontsize=8.5)
                shape.set_in_layout(False)  # a long line must not make the axes narrow
        for ax in list(axes)[len(drawn) :]:
            ax.set_axis_off()
        labels = {
            label: handle
            for ax in figure.axes
            for handle, label in zip(*ax.get_legend_handles_labels(), strict=True)
        }
        figure.legend(
            list(labels.values()),
            list(labels),
            loc="outside upper left" if titled else "outside lower center",
            ncols=min(len(labels), 4 * columns if titled else 3),
            frameon=False,
            fontsize=9,
        )
        return render_svg(figure, transparent=not titled)


def style(salt: str) -> Any:
    """Return Matplotlib's settings for a drawing of ours; ``salt`` makes the ids inside it its own."""
    return {
        "svg.hashsalt": salt,
        "svg.fonttype": "none",
        "font.family": FONT,
        "font.size": 9.5,
        "text.parse_math": False,
        "text.color": INK,
        "axes.labelcolor": MUTED,
        "axes.edgecolor": GRID,
        "xtick.color": MUTED,
        "ytick.color": MUTED,
    }


def render_svg(figure: "Figure", transparent: bool = False) -> str:
    """Return a figure as an SVG without date, so that equal figures give equal bytes."""
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None}, transparent=transparent)
    text = out.getvalue().replace(f"'{FONT}'", f"'{FONT}', Verdana, sans-serif")
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def _draw(panel: Panel, ax: "Axes", backends: list[str]) -> None:
    """Draw one panel, log-log: each kind of figure has its own shape as well as its own colour."""
    ours = [backend for backend in backends if backend != "eager"]
    floor = [panel.floor[size] for size in panel.sizes]
    # A line through a single point could not be seen.
    alone: dict[str, Any] = {"marker": "_", "ms": 17} if len(floor) == 1 else {}
    ax.plot(panel.sizes, floor, color=FLOOR, ls=(0, (4, 2)), lw=1.3, label="byte floor", **alone)
    for backend, line in panel.lines.items():
        place = ours.index(backend) if backend != "eager" else 0
        colour = EAGER if backend == "eager" else LINES[place % len(LINES)]
        marker = "P" if backend == "eager" else MARKERS[place % len(MARKERS)]
        sizes = [point.size for point in line]
        ax.fill_between(
            sizes, [p.lowest for p in line], [p.highest for p in line], color=colour, alpha=0.15, lw=0
        )
        ax.plot(
            sizes, [p.microseconds for p in line], color=colour, marker=marker, ms=5, lw=1.7, label=backend
        )
    for name in dict.fromkeys(name for _, name in panel.peers.values()):
        places = [(size, time) for size, (time, who) in sorted(panel.peers.items()) if who == name]
        marker = "x" if name == next(iter(panel.peers.values()))[1] else "+"
        ax.plot(*zip(*places, strict=True), marker, color=PEER, ms=7, mew=1.8, label=f"{name}, published")
    if panel.targets:
        ax.plot(
            *zip(*sorted(panel.targets.items()), strict=True),
            "_",
            color=TARGET,
            ms=17,
            mew=2.2,
            label="target",
        )
    ax.set_xscale("log", base=2)
    ax.set_yscale("log")
    ax.set_xticks(panel.sizes, [_short(size) for size in panel.sizes])
    ax.minorticks_off()
    low, high = ax.get_ylim()
    ticks = [m * 10.0**e for e in range(-3, 9) for m in (1, 2, 5) if low <= m * 10.0**e <= high]
    ax.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.set_xlabel(panel.axis)
    ax.set_ylabel("µs")
    ax.grid(color=GRID, lw=0.7)
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(length=0)


def _short(size: int) -> str:
    for unit, name in ((2**30, "Gi"), (2**20, "Mi")):
        if size >= unit and size % unit == 0:
            return f"{size // unit}{name}"
    return str(size)
