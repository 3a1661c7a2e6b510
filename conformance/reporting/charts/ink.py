"""Colours, marks and letters of every drawing, and how a figure becomes an SVG."""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK, MUTED, GRID, PAPER = "#1f2328", "#59636e", "#d8dee4", "#ffffff"
EAGER, FLOOR, TARGET = "#6e7781", "#57606a", "#1a7f36"
LINES = ("#0a58ca", "#c2410c", "#6f42c1", "#0b7285", "#8a6100")
MARKERS = ("o", "s", "^", "D", "v", "p", "h")
PEERS = ("#bc1a5e", "#7a4a12", "#4a4f9a")
PEER_MARKERS = ("x", "+", "1", "2")
VARIABLES = {
    INK: "--ink",
    MUTED: "--muted",
    GRID: "--line",
    EAGER: "--eager",
    FLOOR: "--floor",
    TARGET: "--target",
    **{colour: f"--peer-{n}" for n, colour in enumerate(PEERS)},
    **{colour: f"--series-{n}" for n, colour in enumerate(LINES)},
}
"""Every colour of a drawing is used for one purpose only, so that a page can give it its own."""
FONT = "DejaVu Sans"
"""The one that Matplotlib brings along, so that text is measured alike everywhere."""


class Look(NamedTuple):
    """How one backend, or one peer, is drawn: alike in every panel of a figure."""

    colour: str
    marker: str


class Looks(NamedTuple):
    """The look of everyone in a figure, by name."""

    backends: dict[str, Look]
    peers: dict[str, Look]


def assign_looks(backends: Sequence[str], peers: Sequence[str]) -> Looks:
    """Tell everyone apart by colour and by mark; eager, the baseline, is always grey.

    The numbers of colours and of marks have no common factor, so that a pair comes back late.
    """
    ours = [backend for backend in backends if backend != "eager"]
    looks = {name: Look(*_pick(n, LINES, MARKERS)) for n, name in enumerate(ours)}
    named = {name: Look(*_pick(n, PEERS, PEER_MARKERS)) for n, name in enumerate(peers)}
    return Looks({**looks, "eager": Look(EAGER, "P")}, named)


def _pick(n: int, colours: Sequence[str], markers: Sequence[str]) -> tuple[str, str]:
    return colours[n % len(colours)], markers[n % len(markers)]


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
