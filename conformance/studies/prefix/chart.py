"""The chart of a replay: hit ratio against capacity, one line for each policy, under Belady's ceiling."""

import math
from collections.abc import Sequence

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from draftproof.conformance.reporting.charts import (
    FLOOR,
    GRID,
    LINES,
    MARKERS,
    MUTED,
    TARGET,
    render_svg,
    style,
)
from draftproof.conformance.studies.prefix.study import BELADY, POLICIES, Study


def render_chart(studies: Sequence[Study]) -> str:
    """Return the chart of all traces as an SVG; the same studies always give the same bytes.

    It counts blocks, for which the optimum is a ceiling. Raises ValueError if there is nothing to show.
    """
    if not any(study.outcomes for study in studies):
        raise ValueError("render_chart: there are no replays to show")
    columns = min(2, len(studies))
    rows = math.ceil(len(studies) / columns)
    with mpl.rc_context(style("traces")):
        figure = Figure(figsize=(5.2 * columns, 3.3 * rows + 0.45), layout="constrained")
        axes = list(figure.subplots(rows, columns, squeeze=False).flat)
        for study, ax in zip(studies, axes, strict=False):
            _plot(study, ax)
        for ax in axes[len(studies) :]:
            ax.set_axis_off()
        labelled = {
            label: handle
            for ax in figure.axes
            for handle, label in zip(*ax.get_legend_handles_labels(), strict=True)
        }
        figure.legend(
            list(labelled.values()),
            list(labelled),
            loc="outside upper left",
            ncols=min(len(labelled), 4 * columns),
            frameon=False,
            fontsize=9,
        )
        return render_svg(figure)


def _plot(study: Study, ax: Axes) -> None:
    """Plot one trace; of lines that coincide, those below are wider and have larger markers."""
    ax.axhline(100 * study.infinite.blocks, color=FLOOR, ls=(0, (1, 2)), lw=1.3, label="infinite cache")
    for policy in reversed(study.policies):
        line = study.line(policy)
        ratios = [100 * line[capacity].hits.blocks for capacity in study.capacities]
        if policy == BELADY:
            ax.plot(study.capacities, ratios, color=TARGET, ls=(0, (4, 2)), lw=1.7, label="Belady's optimum")
        else:
            place = POLICIES.index(policy)
            ax.plot(
                study.capacities,
                ratios,
                color=LINES[place],
                marker=MARKERS[place],
                ms=4.5 + 1.4 * place,
                lw=1.2 + 0.5 * place,
                label=policy,
            )
    ax.set_xscale("log")
    ax.set_xticks(study.capacities, [f"{capacity:,}" for capacity in study.capacities])
    ax.minorticks_off()
    ax.set_ylim(bottom=0)
    ax.set_title(study.trace.replace("_", " "), loc="left", fontweight="bold", pad=8)
    ax.set_xlabel("capacity in blocks")
    ax.set_ylabel("blocks found, %", color=MUTED)
    ax.grid(color=GRID, lw=0.7)
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(length=0)
