"""What a budget reaches: the largest sizes, and how much of all choices, alone and at once."""

from collections.abc import Iterable
from dataclasses import dataclass

from draftproof.properties.cases.arrays.coverage import STRENGTH, covered
from draftproof.properties.cases.plan import cases
from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import Contract
from draftproof.properties.core.dimensions import FEATURE, NO_FLAG, Items, Row, Space


@dataclass(frozen=True, slots=True)
class Share:
    """How many there are, and how many of them occur."""

    reached: int
    possible: int

    def __str__(self) -> str:
        return f"{self.reached} of {self.possible}"


@dataclass(frozen=True, slots=True)
class Reach:
    """What the cases of one operation exercise."""

    largest: dict[str, int]
    """The largest size of each axis."""
    values: dict[str, Share]
    """The values of each dimension; those of ``feature`` are flags, none included."""
    at_once: dict[int, Share]
    """Values, pairs and triples that the contract admits, by how many are chosen at once."""


def reach(contract: Contract, device: str, budget: str, seed: int = 0) -> Reach:
    """Return what the generated cases of a budget exercise on a kind of device."""
    generated = cases(contract, device, budget, seed)
    space = Space(contract)
    rows = [_row(space, case) for case in generated]
    at_once, values = {}, {}
    for strength in STRENGTH.values():
        found, possible = covered(space, rows, strength), list(space.demands(strength))
        at_once[strength] = _share(found, possible)
        if strength == 1:
            for d, each in enumerate(space.dimensions[:-1]):
                values[each.name] = _share(found, [items for items in possible if items[0][0] == d])
    largest = {axis: max(case.shape[axis] for case in generated) for axis in contract.sizes}
    return Reach(largest, values, at_once)


def _share(found: Iterable[Items], possible: list[Items]) -> Share:
    return Share(len({*found} & {*possible}), len(possible))


def _row(space: Space, case: Case) -> Row:
    """Return the choices of a case; recorded rows and their sizes are none."""
    row: list[int | None] = []
    flags = sorted(case.flags, key=space.contract.flags.index) or [NO_FLAG]
    chosen = {**case.shape, "dtype": case.dtype, **case.options, FEATURE: flags[0]}
    for each in space.dimensions[:-1]:
        holds = [v for v, value in enumerate(each.values) if chosen[each.name] in value]
        row.append(holds[0] if holds else None)
    second = flags[1] if len(flags) > 1 else NO_FLAG
    return (*row, space.dimensions[-1].values.index((second,)))
