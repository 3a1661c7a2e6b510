"""Which end of a measure is the worse one: the one that a table of many cases must show."""

from collections.abc import Iterable, Mapping

LEAST_IS_WORST = frozenset({"p_value", "draws", "mean_accepted"})
"""A small p-value accuses, few draws prove little, few accepted drafts are slow.

Of every other measure (an error, a distance, bytes, what a test would not have found) the largest is worst.
"""


def find_worst(measures: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """Return the worst value of each measure over many cases.

    >>> find_worst([{"p_value": 0.5, "error": 1.0}, {"p_value": 0.01, "error": 3.0}])
    {'p_value': 0.01, 'error': 3.0}
    """
    worst: dict[str, float] = {}
    for each in measures:
        for name, value in each.items():
            choose = min if name in LEAST_IS_WORST else max
            worst[name] = choose(value, worst.get(name, value))
    return worst
