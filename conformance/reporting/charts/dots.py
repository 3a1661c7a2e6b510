"""The dot plot: one line for each operation and shape, everyone's time as a ratio to the byte floor."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from draftproof.conformance.reporting.charts.ink import FLOOR, GRID, INK, MUTED, TARGET, Looks
from draftproof.conformance.reporting.charts.panels import Panel, shorten_size
from draftproof.conformance.reporting.charts.scale import span_log

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LETTER = 0.088
"""Inches that a letter of a name takes, at most on average."""
PLOT = 4.5
"""Inches that the plot itself must keep if names are to stand beside its lines."""
RIGHT = 0.97
"""Where the plot ends, as a share of the width."""
FRAME = 0.6
"""Inches above the first line and below the last, with the axis."""


class Layout(NamedTuple):
    """How the names are written for a drawing of some width: beside the lines, or above them."""

    left: float
    """Where the plot begins, as a share of the width."""
    beside: bool
    stacked: bool
    """Whether operation and shape need a line each."""

    @property
    def pitch(self) -> float:
        """Inches from one line of the plot to the next."""
        return 0.27 if self.beside else 0.56 if self.stacked else 0.4


class Dots(NamedTuple):
    """One line of the plot; ratios to the floor by name."""

    operation: str
    shape: str
    """What tells it from the operation's other lines: ``"R=1, page_size=16"``."""
    backends: dict[str, float]
    peer: tuple[str, float] | None
    target: float | None

    @property
    def ratios(self) -> list[float]:
        """Everything that is drawn, the floor included."""
        beside = [self.peer[1]] if self.peer else []
        return [1.0, *self.backends.values(), *beside, *([self.target] if self.target else [])]


def list_dots(drawn: Sequence[Panel]) -> list[Dots]:
    """Return the lines of the plot, an operation's together.

    Each is a panel at the size of which most is known, the largest of such.
    """
    alike: dict[str, list[Panel]] = {}
    for panel in drawn:
        alike.setdefault(panel.operation, []).append(panel)
    return [_dots(panel, others) for others in alike.values() for panel in others]


def _dots(panel: Panel, alike: Sequence[Panel]) -> Dots:
    size = max(panel.sizes, key=lambda size: ((size in panel.targets) + (size in panel.peers), size))
    floor = panel.floor[size]
    common = set.intersection(*(set(other.shape.split(", ")) for other in alike))
    telling = [part for part in panel.shape.split(", ") if part not in common]
    backends = {name: panel.times(name)[size] / floor for name in panel.lines if size in panel.times(name)}
    peer = panel.peers.get(size)
    return Dots(
        panel.operation,
        ", ".join([f"{panel.axis}={shorten_size(size)}", *telling]),
        backends,
        (peer[1], peer[0] / floor) if peer else None,
        panel.targets[size] / floor if size in panel.targets else None,
    )


def lay_out(lines: Sequence[Dots], width: float) -> Layout:
    """Return where the names go on a drawing so many inches wide."""
    operations, shapes = [len(line.operation) for line in lines], [len(line.shape) for line in lines]
    names = LETTER * (max(operations) + max(shapes)) + 0.3
    beside = width - names >= PLOT
    left = (names if beside else 0.15) / width
    longest = max(map(sum, zip(operations, shapes, strict=True)))
    return Layout(left, beside, not beside and LETTER * longest > RIGHT * width)


def measure_dots(lines: Sequence[Dots], width: float) -> float:
    """Return the height in inches that the plot needs."""
    return FRAME + len(lines) * lay_out(lines, width).pitch


def draw_dots(lines: Sequence[Dots], ax: "Axes", looks: Looks, width: float) -> None:
    """Draw the plot into axes of a figure so many inches wide."""
    layout = lay_out(lines, width)
    for place, line in enumerate(lines):
        first = place == 0 or lines[place - 1].operation != line.operation
        ax.plot(  # which dots belong together
            [min(line.ratios), max(line.ratios)], [place, place], color=GRID, lw=1.2, zorder=1
        )
        if line.target:
            ax.plot(line.target, place, "|", color=TARGET, ms=13, mew=2.2, label="target", zorder=2)
        for name, ratio in line.backends.items():
            colour, marker = looks.backends[name]
            ax.plot(ratio, place, marker, color=colour, ms=6, label=name, zorder=3)
        if line.peer:
            colour, marker = looks.peers[line.peer[0]]
            known = f"{line.peer[0]}, published"
            ax.plot(line.peer[1], place, marker, color=colour, ms=8, mew=2, label=known, zorder=4)
        _write_names(line, first, place, ax, layout)
    # Names that stand above the lines must not be struck through by it.
    reach = 0.5 if layout.beside else 0.17
    middles = range(len(lines))
    ends = [place - reach for place in middles], [place + reach for place in middles]
    floor = ax.vlines([1.0] * len(lines), *ends, color=FLOOR, lw=1.3, label="byte floor", zorder=2)
    if layout.beside:
        floor.set_linestyle((0, (4, 2)))
    scale = span_log(ratio for line in lines for ratio in line.ratios)
    ax.set_xscale("log")
    ax.set_xlim(scale.low, scale.high)
    ax.set_xticks(scale.ticks, [f"{word} x" for word in scale.words])
    ax.minorticks_off()
    ax.set_ylim(len(lines) - 0.6, -0.9 if layout.stacked else -0.75)
    ax.set_yticks([])
    ax.grid(axis="x", color=GRID, lw=0.7)
    ax.set_axisbelow(True)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(length=0)


def _write_names(line: Dots, first: bool, place: int, ax: "Axes", layout: Layout) -> None:
    """Write operation and shape: beside the line, where the operation is said once, or above it."""
    bold: dict[str, Any] = {"transform": ax.get_yaxis_transform(), "color": INK, "weight": "bold"}
    pale: dict[str, Any] = {"transform": ax.get_yaxis_transform(), "color": MUTED, "size": 8.5}
    if layout.beside:
        start = (0.01 - layout.left) / (RIGHT - layout.left)
        if first:
            ax.text(start, place, line.operation, va="center_baseline", **bold)
        ax.text(-0.015, place, line.shape, va="center_baseline", ha="right", **pale)
    elif layout.stacked:
        ax.text(0, place - 0.58, line.operation, va="center", size=8.5, **bold)
        ax.text(0, place - 0.28, line.shape, va="center", **pale)
    else:
        ax.text(0, place - 0.36, line.operation, va="center", size=8.5, **bold)
        ax.text(1, place - 0.36, line.shape, va="center", ha="right", **pale)
