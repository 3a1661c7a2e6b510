"""Makes the arrays with covertable, then thins and orders them: what ``generate.py`` calls."""

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, product
from pathlib import Path
from typing import Any

from draftproof.properties.cases.arrays.coverage import covered, faults, members, missing
from draftproof.properties.cases.arrays.stored import FOLDER, Array, load, written
from draftproof.properties.contracts import CONTRACTS
from draftproof.properties.core.contract import Contract
from draftproof.properties.core.dimensions import DEAREST, Items, Row, Space


def stale() -> list[Path]:
    """Return the files that lack, that do not cover what they should, or whose contract is gone."""
    wrong = [FOLDER / f"{name}.json" for name, contract in CONTRACTS.items() if lacks(contract)]
    return wrong + [path for path in FOLDER.glob("*.json") if path.stem not in CONTRACTS]


def lacks(contract: Contract) -> list[str]:
    """Return what is wrong with a contract's array as it is stored."""
    space = Space(contract)
    return faults(space, load(space))


def renew(paths: Sequence[Path]) -> None:
    """Make arrays anew, and remove those whose contract is gone."""
    for path in paths:
        if path.stem in CONTRACTS:
            space = Space(CONTRACTS[path.stem])
            path.write_text(written(space, make(space)))
        else:
            path.unlink()


def make(space: Space) -> Array:
    """Return the array of a contract; ImportError without covertable."""
    rows = _thinned(space, _covering(space, 2), 2, ())
    pairs = _ordered(space, [*rows, *_turns(space, rows)])
    small = next(n for n in range(len(pairs) + 1) if not missing(space, pairs[:n], 1))
    pairs = _freed(space, pairs, small)
    triples = _thinned(space, _covering(space, 3), 3, pairs)
    return Array(small, len(pairs), (*pairs, *triples))


def _covering(space: Space, strength: int) -> list[Row]:
    from covertable import make as make_rows

    factors = {str(d): list(range(len(each.values))) for d, each in enumerate(space.dimensions)}
    made = make_rows(factors, strength=strength, constraints=list(_constraints(space)))
    rows = [tuple(row[key] for key in factors) for row in made]
    # What it could not place in a row, if anything, gets rows of its own.
    rest = [space.complete(space.row(items)) for items in missing(space, rows, strength)]
    return [*rows, *(row for row in rest if row is not None)]


def _constraints(space: Space) -> Iterator[dict[str, Any]]:
    """Yield what excludes what: pairs of any dimensions, and sizes together that cost too much."""
    sizes = [d for d, each in enumerate(space.dimensions) if each.kind == "size"]
    together: list[tuple[int, ...]] = [*combinations(range(len(space.dimensions)), 2)]
    together += [chosen for count in range(3, len(sizes) + 1) for chosen in combinations(sizes, count)]
    known: dict[tuple[int, ...], set[tuple[int, ...]]] = {}
    for chosen in together:
        smaller = [(part, known[part]) for part in known if set(part) < set(chosen)]
        bad = set()
        for values in product(*(range(len(space.dimensions[d].values)) for d in chosen)):
            of = dict(zip(chosen, values, strict=True))
            if any(tuple(of[d] for d in part) in forbidden for part, forbidden in smaller):
                continue
            row = list(space.free)
            for d, v in of.items():
                row[d] = v
            if not space.admits(tuple(row)):
                bad.add(values)
        if bad:
            known[chosen] = bad
            yield {
                "operator": "fn",
                "requires": [str(d) for d in chosen],
                "evaluate": _allowing([str(d) for d in chosen], bad),
            }


def _allowing(keys: list[str], bad: set[tuple[int, ...]]) -> Callable[[dict[str, int]], bool]:
    return lambda row: tuple(row[key] for key in keys) not in bad


def _thinned(space: Space, rows: Sequence[Row], strength: int, before: Sequence[Row]) -> list[Row]:
    """Return the rows without those that add nothing to the others and to those before."""
    wanted = set(space.demands(strength))
    found = covered(space, (*before, *rows), strength)
    kept = []
    for row in sorted(rows, key=space.cost, reverse=True):
        mine = [items for items in combinations(space.items(row), strength) if items in wanted]
        if all(found[items] > 1 for items in mine):
            found.subtract(mine)
        else:
            kept.append(row)
    return sorted(kept, key=rows.index)


def _turns(space: Space, rows: Sequence[Row]) -> list[Row]:
    """Return further rows, free but for one size, for classes with more members than rows have turns."""
    found = covered(space, rows, 1)
    return [
        space.row(items)
        for items in missing(space, rows, 1)
        for _ in range(members(space, items) - found[items])
    ]


def _ordered(space: Space, rows: Sequence[Row]) -> list[Row]:
    """Return the rows so that any number of the first ones have much: values first, then pairs, cheaply.

    A class of sizes is new as often as it has members.
    """
    left, ordered = list(rows), []
    turns = {items[0]: members(space, items) for items in space.demands(1)}
    pairs: set[Items] = set()

    def gain(row: Row) -> tuple[int, float]:
        items = space.items(row)
        new = sum(pair not in pairs for pair in combinations(items, 2))
        return sum(turns[each] > 0 for each in items), new / (0.1 + space.cost(row) / DEAREST)

    while left:
        best = max(left, key=gain)
        left.remove(best)
        ordered.append(best)
        for each in space.items(best):
            turns[each] -= 1
        pairs.update(combinations(space.items(best), 2))
    return ordered


def _freed(space: Space, rows: Sequence[Row], small: int) -> list[Row]:
    """Return the rows with each choice left free that alone covers no pair, nor among the first a value."""
    freed = list(rows)
    pairs, values = covered(space, rows, 2), covered(space, rows[:small], 1)
    for number in reversed(range(len(freed))):
        for d in range(len(space.dimensions)):
            row = freed[number]
            looser = (*row[:d], None, *row[d + 1 :])
            alone, twos = (
                set(combinations(space.items(row), n)) - set(combinations(space.items(looser), n))
                for n in (1, 2)
            )
            among = alone if number < small else set()
            if all(pairs[items] > 1 for items in twos) and all(
                values[items] > members(space, items) for items in among
            ):
                freed[number] = looser
                pairs.subtract(twos)
                values.subtract(among)
    return freed
