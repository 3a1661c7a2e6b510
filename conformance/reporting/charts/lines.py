"""Time against size, log-log: one panel for each operation at one shape that was timed at several sizes."""

from itertools import chain
from typing import TYPE_CHECKING

from draftproof.conformance.reporting.charts.ink import FLOOR, GRID, TARGET, Looks
from draftproof.conformance.reporting.charts.panels import Panel, shorten_size
from draftproof.conformance.reporting.charts.scale import span_log

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw_lines(panel: Panel, ax: "Axes", looks: Looks) -> None:
    """Draw one panel: each kind of figure has its own shape as well as its own colour."""
    floor = [panel.floor[size] for size in panel.sizes]
    ax.plot(panel.sizes, floor, color=FLOOR, ls=(0, (4, 2)), lw=1.3, label="byte floor")
    for backend, line in panel.lines.items():
        colour, marker = looks.backends[backend]
        sizes, times = [point.size for point in line], [point.microseconds for point in line]
        lowest, highest = [point.lowest for point in line], [point.highest for point in line]
        ax.fill_between(sizes, lowest, highest, color=colour, alpha=0.15, lw=0)
        ax.plot(sizes, times, color=colour, marker=marker, ms=5, lw=1.7, label=backend)
    for name, (colour, marker) in looks.peers.items():
        places = [(size, time) for size, (time, who) in sorted(panel.peers.items()) if who == name]
        if places:
            known = f"{name}, published"
            ax.plot(*zip(*places, strict=True), marker, color=colour, ms=8, mew=2, label=known)
    if panel.targets:
        met = sorted(panel.targets.items())
        ax.plot(*zip(*met, strict=True), "_", color=TARGET, ms=17, mew=2.2, label="target")
    ax.set_xscale("log", base=2)
    ax.set_xticks(panel.sizes, [shorten_size(size) for size in panel.sizes])
    ax.margins(x=0.07)
    _scale_times(panel, ax)
    ax.set_xlabel(panel.axis)
    ax.set_ylabel("µs")
    ax.grid(color=GRID, lw=0.7)
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(length=0)


def _scale_times(panel: Panel, ax: "Axes") -> None:
    """Make the axis of times reach around everything drawn."""
    drawn = [
        *panel.floor.values(),
        *panel.targets.values(),
        *(time for time, _ in panel.peers.values()),
        *chain.from_iterable((point.lowest, point.highest) for point in chain(*panel.lines.values())),
    ]
    scale = span_log(drawn)
    ax.set_yscale("log")
    ax.set_ylim(scale.low, scale.high)
    ax.set_yticks(scale.ticks, scale.words)
    ax.minorticks_off()
