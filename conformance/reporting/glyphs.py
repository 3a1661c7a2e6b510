"""How the states are shown: a glyph and a letter beside every colour, and counts that are floored."""

from collections.abc import Mapping
from typing import NamedTuple

from draftproof.properties.core.verdict import State

STALE = "stale"
"""Shown for evidence whose sources have changed; no state of a result."""


class Mark(NamedTuple):
    """How a state is shown."""

    letter: str
    glyph: str
    style: str
    """For the terminal."""


MARKS: dict[str, Mark] = {
    State.PASS.value: Mark("P", "✓", "green"),
    State.FAIL.value: Mark("F", "✗", "bold red"),
    State.ERROR.value: Mark("E", "!", "bold magenta"),
    State.WAIVED.value: Mark("W", "~", "yellow"),
    State.NOT_RUN.value: Mark("N", "·", "yellow"),
    State.NOT_PROMISED.value: Mark("D", "◌", "dim"),
    State.NOT_OBSERVED.value: Mark("O", "?", "dim"),
    State.UNAVAILABLE.value: Mark("U", "—", "dim"),
    State.ABSENT.value: Mark("A", "○", "dim"),
    STALE: Mark("S", "↻", "dim"),
}

WORST_FIRST = (
    "fail",
    "error",
    "not run",
    "waived",
    "pass",
    "not promised",
    "not observed",
    "unavailable",
    "absent",
)


def pick_worst_state(counts: Mapping[str, int]) -> str:
    """Return the state that stands for many: the worst that occurs.

    What could not run does not hide what could: a pass beside an unavailable is a pass.

    >>> pick_worst_state({"pass": 3, "waived": 1}), pick_worst_state({"pass": 3, "unavailable": 1})
    ('waived', 'pass')
    """
    return next((state for state in WORST_FIRST if counts.get(state)), State.NOT_RUN.value)


def percent(part: int, whole: int) -> int:
    """Return the percentage, floored: 100 means all of them; nothing of nothing is 0.

    >>> percent(1183, 1184), percent(1184, 1184), percent(0, 0)
    (99, 100, 0)
    """
    return part * 100 // whole if whole else 0
