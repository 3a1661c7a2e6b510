"""The dimensions of a contract's cases: what there is to choose, and which choices exclude each other."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from math import log2
from typing import TYPE_CHECKING

from draftproof.properties.core.case import Case

if TYPE_CHECKING:
    from draftproof.properties.core.contract import Contract

DEAREST = 1.6e6
"""What one case may cost, as its contract estimates it: so large axes come with small others."""

Value = tuple[int, ...] | tuple[str, ...]
"""One choice. Sizes that stand for each other are one: a case takes each of them in its turn."""

Row = tuple[int | None, ...]
"""The number of the value in each dimension; None where it is left free."""

Items = tuple[tuple[int, int], ...]
"""Choices made: dimension and value, in order. A flag counts as one, whichever dimension it came from."""

NO_FLAG = ""
FEATURE, SECOND = "feature", "second"
"""The two dimensions of flags: none, each one and every two of them occur."""


@dataclass(frozen=True, slots=True)
class Dimension:
    """Something that every case chooses."""

    name: str
    kind: str
    """"size", "dtype", "option" or "flag"."""
    values: tuple[Value, ...]


def classes(sizes: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """Return sizes in classes: those that round to the same power of two stand for each other.

    >>> classes((0, 1, 31, 32, 33, 1023, 1025))
    ((0,), (1,), (31, 32, 33), (1023, 1025))
    """
    found: dict[int, list[int]] = {}
    for size in sorted(set(sizes)):
        found.setdefault(round(log2(size)) if size else -1, []).append(size)
    return tuple(tuple(members) for members in found.values())


def dimensions(contract: "Contract") -> tuple[Dimension, ...]:
    """Return what the cases of a contract choose. Recorded rows are no choice: they bring their own shape."""
    found = []
    for axis, sizes in contract.sizes.items():
        found.append(
            Dimension(axis, "size", classes((0, *sizes) if axis == contract.batch and sizes else sizes))
        )
    found.append(Dimension("dtype", "dtype", tuple((dtype,) for dtype in contract.dtypes)))
    for name, choices in contract.options.items():
        made = tuple((choice,) for choice in choices if not choice.startswith("trace-"))
        found.append(Dimension(name, "option", made))
    flags = tuple((flag,) for flag in (NO_FLAG, *contract.flags))
    return (*found, Dimension(FEATURE, "flag", flags), Dimension(SECOND, "flag", flags))


def admissible_flags(options: Mapping[str, str], flags: frozenset[str]) -> frozenset[str]:
    """Drop the flags that the options exclude: the block rule presumes rows that sum to at most 1."""
    return flags - {"unnormalised"} if options.get("rule") == "block" else flags


class Space:
    """The rows that a contract admits."""

    def __init__(self, contract: "Contract") -> None:
        self.contract = contract
        self.dimensions = dimensions(contract)
        self.flags = len(self.dimensions) - 2
        """The dimension to which flags belong among items."""
        self._sizes = [d for d, each in enumerate(self.dimensions) if each.kind == "size"]
        self._costs: dict[Row, float] = {}
        self._order = [
            sorted(range(len(each.values)), key=lambda v, each=each: each.values[v] == (0,))  # type: ignore[misc]
            for each in self.dimensions
        ]

    @property
    def free(self) -> Row:
        """The row that leaves everything free."""
        return (None,) * len(self.dimensions)

    def admits(self, row: Row) -> bool:
        """Whether nothing in a row excludes anything else in it, what is free being at its least."""
        return self._orders_flags(row) and self._allows_flags(row) and self.cost(row) <= DEAREST

    def _orders_flags(self, row: Row) -> bool:
        """Whether the second flag comes after the first, so that each two occur in one order."""
        feature, second = row[-2:]
        return second is None or second == 0 or feature is None or 0 < feature < second

    def _allows_flags(self, row: Row) -> bool:
        flags = frozenset(str(self.dimensions[-1].values[v][0]) for v in row[-2:] if v)
        if not flags:
            return True
        options = {
            each.name: str(each.values[v][0])
            for each, v in zip(self.dimensions, row, strict=True)
            if each.kind == "option" and v is not None
        }
        if admissible_flags(options, flags) != flags:
            return False
        # An axis of size 0 has nothing that could be hostile.
        hostile = self.contract.hostile_axes if any(f.startswith("hostile") for f in flags) else frozenset()
        return not any(
            each.name in hostile and v is not None and each.values[v] == (0,)
            for each, v in zip(self.dimensions, row, strict=True)
        )

    def cost(self, row: Row) -> float:
        """Return what the dearest case of a row costs, what is free being at its least."""
        sizes = tuple(row[d] for d in self._sizes)
        if sizes not in self._costs:
            self._costs[sizes] = self._estimate(row)
        return self._costs[sizes]

    def _estimate(self, row: Row) -> float:
        shape = {}
        for d in self._sizes:
            v, values = row[d], self.dimensions[d].values
            shape[self.dimensions[d].name] = int(values[self._order[d][0] if v is None else v][-1])
        options = {each.name: str(each.values[0][0]) for each in self.dimensions if each.kind == "option"}
        return self.contract.cost(Case(self.contract.name, shape, self.contract.dtypes[0], options))

    def complete(self, row: Row) -> Row | None:
        """Return the row with what is free at its least, or nearly; None if the contract admits none such."""
        if not self.admits(row):
            return None
        least = tuple(order[0] if v is None else v for v, order in zip(row, self._order, strict=True))
        if self.admits(least):
            return least
        # Flags and options come last, and only they can still exclude each other.
        d = max((d for d, v in enumerate(row) if v is None), default=-1)
        for v in self._order[d] if d >= 0 else ():
            if (completed := self.complete((*row[:d], v, *row[d + 1 :]))) is not None:
                return completed
        return None

    def items(self, row: Row) -> Items:
        """Return the choices that a row makes."""
        chosen = [(d, v) for d, v in enumerate(row[: self.flags]) if v is not None]
        if row[-2] == 0:
            return (*chosen, (self.flags, 0))
        return (*chosen, *((self.flags, v) for v in row[-2:] if v))

    def row(self, items: Items) -> Row:
        """Return the row that makes these choices and no other."""
        row = list(self.free)
        for d, v in items:
            row[d + (d == self.flags and row[d] is not None)] = v
        return tuple(row)

    def demands(self, strength: int) -> Iterator[Items]:
        """Yield every ``strength`` choices that some admitted row makes at once."""
        flags = range(len(self.dimensions[-1].values))
        at_once: list[list[tuple[int, ...]]] = [
            [()],
            [(v,) for v in flags],
            [*combinations(flags[1:], 2)],
        ]
        for count, sets in enumerate(at_once[: strength + 1]):
            for chosen in combinations(range(self.flags), strength - count):
                values = [range(len(self.dimensions[d].values)) for d in chosen]
                for some, among in product(product(*values), sets):
                    items = (*zip(chosen, some, strict=True), *((self.flags, v) for v in among))
                    if self.complete(self.row(items)) is not None:
                        yield items


def require_coverable(contract: "Contract") -> None:
    """Raise ValueError, naming contract and dimension, if some value of a dimension occurs in no case."""
    space = Space(contract)
    for each in space.dimensions:
        if not each.values:
            raise ValueError(f"{contract.name}: {each.name} must have at least one value, got none")
        if len(set(each.values)) < len(each.values):
            raise ValueError(f"{contract.name}: the values of {each.name} must differ, got {each.values}")
    for d, each in enumerate(space.dimensions[:-1]):
        for v, value in enumerate(each.values):
            alone = space.row(((d, v),))
            if space.complete(alone) is None:
                cost, rest = space.cost(alone), "all else at its least"
                why = f"costs {cost:.3g} with {rest}" if cost > DEAREST else "is excluded by all else"
                raise ValueError(
                    f"{contract.name}: {each.name}={','.join(map(str, value))} cannot be covered: it {why}; "
                    f"a case may cost {DEAREST:.3g}"
                )
