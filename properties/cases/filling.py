"""From rows of choices to cases: what the rows leave free is moved by the seed."""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from draftproof.properties.core.case import Case
from draftproof.properties.core.dimensions import DEAREST, NO_FLAG, Row, Space, Value

CHEAP = DEAREST / 16
"""What a case may cost through sizes that nothing asked for."""


def filled(space: Space, rows: Sequence[Row], rng: np.random.Generator, most: float) -> Iterator[Row]:
    """Yield the rows with a value in every dimension: of those admitted the one that was chosen least so far.

    What was left free makes no row cost more than ``most``. Rows that follow change nothing.
    """
    counts: list[Counter[int | None]] = [Counter() for _ in space.dimensions]
    for row in rows:
        for d, v in enumerate(row):
            counts[d][v] += v is not None
        for d in rng.permutation([d for d, v in enumerate(row) if v is None]):
            values = rng.permutation(len(space.dimensions[d].values)).tolist()
            values.sort(key=lambda v, d=d: counts[d][v])
            choices = ((*row[:d], v, *row[d + 1 :]) for v in values)
            limit = max(most, space.cost(row))
            row = next(c for c in choices if space.cost(c) <= limit and space.complete(c) is not None)
            counts[d][row[d]] += 1
        yield row


class Members:
    """Gives each member of a class its turn."""

    def __init__(self, space: Space, rng: np.random.Generator) -> None:
        self.space = space
        self._turns = [[int(rng.integers(len(value))) for value in each.values] for each in space.dimensions]

    def case(self, row: Row, seed: int) -> Case:
        """Return a case of a row."""
        shape, options, chosen = {}, {}, {}
        for d, (each, v) in enumerate(zip(self.space.dimensions, row, strict=True)):
            assert v is not None
            value = self._next(d, v, each.values[v])
            if each.kind == "size":
                shape[each.name] = int(value)
            elif each.kind == "option":
                options[each.name] = str(value)
            else:
                chosen[each.name] = str(value)
        flags = frozenset(chosen.values()) - {NO_FLAG, chosen["dtype"]}
        return Case(self.space.contract.name, shape, chosen["dtype"], options, seed, flags)

    def _next(self, d: int, v: int, members: Value) -> int | str:
        self._turns[d][v] += 1
        return members[self._turns[d][v] % len(members)]
