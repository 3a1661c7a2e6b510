"""Logarithmic axes from round number to round number, beyond everything drawn: nothing is cut."""

import math
from collections.abc import Iterable
from typing import NamedTuple

MARGIN = 1.25
"""How far an axis reaches beyond what is drawn, at least, so that no mark is cut by its edge."""
FEW_DECADES = 2.0
"""Up to so many decades an axis is labelled at 1, 2 and 5 of each; beyond, at powers of ten."""


class Scale(NamedTuple):
    """The ends of an axis, and where it is labelled."""

    low: float
    high: float
    ticks: list[float]

    @property
    def words(self) -> list[str]:
        """The labels: ``["0.5", "1", "10,000"]``."""
        return [f"{tick:,.10g}" for tick in self.ticks]


def span_log(drawn: Iterable[float]) -> Scale:
    """Return the scale on which all of ``drawn`` lie; what is not above zero has no place on it.

    >>> span_log([3.0, 40.0])
    Scale(low=2.0, high=50.0, ticks=[2.0, 5.0, 10.0, 20.0, 50.0])
    """
    known = [value for value in drawn if value > 0] or [1.0]
    lowest, highest = min(known) / MARGIN, max(known) * MARGIN
    first, last = math.floor(math.log10(lowest)), math.ceil(math.log10(highest))
    # The power is written and read, for 10.0**-1 times 3 is not 0.3.
    round_numbers = [float(f"{m}e{e}") for e in range(first, last + 1) for m in (1, 2, 5)]
    low = max(n for n in round_numbers if n <= lowest)
    high = min(n for n in round_numbers if n >= highest)
    within = [n for n in round_numbers if low <= n <= high]
    if math.log10(high / low) > FEW_DECADES:
        within = [n for n in within if math.isclose(math.log10(n) % 1, 0, abs_tol=1e-9)]
    return Scale(low, high, within)
