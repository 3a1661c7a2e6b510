"""The case list: which laws are checked on which cases, a function of contract, device, budget and seed."""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import chain, cycle

import numpy as np

from draftproof.properties.cases.arrays.stored import Array, load
from draftproof.properties.cases.filling import CHEAP, Members, filled
from draftproof.properties.cases.promised import find_unpromised, fit, has_choices
from draftproof.properties.cases.sizes import INTERPRETED
from draftproof.properties.cases.traces import published
from draftproof.properties.cases.traces.recorded import load as load_trace
from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import Contract
from draftproof.properties.core.dimensions import DEAREST, Row, Space, admissible_flags
from draftproof.properties.core.law import Law
from draftproof.properties.core.narrowing import narrow
from draftproof.properties.core.promises import EVERYTHING, Promises
from draftproof.properties.core.subject import DEVICES

LEAST = {"small": 36, "standard": 72, "deep": 400}
"""Made cases per operation, where covering takes fewer."""

RECORDED = {"small": 12, "standard": 24, "deep": 100}
"""Cases with rows recorded from a model."""

PUBLISHED = frozenset(f"trace-{name}" for name in published.DRAFTERS)
"""Rows that the project does not carry: they are added to a case list, but not counted in its digest."""

INTERPRETED_CASES = 12
"""Fewer are made for an interpreter only where every value needs no more, or is covered by more."""


@dataclass(frozen=True, slots=True)
class Check:
    """One law to be checked on one case."""

    law: Law
    case: Case
    unpromised: str = ""
    """What it needs that the backend does not promise: then it is not run."""


def plan(
    contract: Contract, device: str, budget: str, seed: int, promises: Promises = EVERYTHING
) -> list[Check]:
    """Return the checks of one operation, in a fixed order.

    A case outside what is promised stays on the list as such, and the nearest that is promised beside it.
    """
    generated = cases(contract, device, budget, seed, promises)
    elsewhere = published_cases(contract, device, seed, promises)
    narrowed, checks = narrow(contract, promises), []
    for law in contract.laws:
        if device not in law.devices:
            continue
        if law.cases is not None:
            offered = law.cases(narrowed, device, budget, seed)
            chosen = _chosen(contract, offered, promises)
            if offered and not chosen:
                checks.append(Check(law, offered[0], _foreign(offered[0], promises)))
        else:
            chosen = generated[: max(2 * len(contract.dtypes), round(law.share * len(generated)))]
            chosen += elsewhere if law.share == 1.0 else []
        checks += _sort_out(contract, law, chosen, promises)
    return checks


def _sort_out(contract: Contract, law: Law, chosen: Sequence[Case], promises: Promises) -> Iterator[Check]:
    """Yield the checks of a law: those that are promised, and what takes the place of the others."""
    taken = {*chosen}
    for case in chosen:
        missing = find_unpromised(law, case, promises)
        yield Check(law, case, missing)
        nearest = fit(contract, law, case, promises) if missing else None
        if nearest is not None and nearest not in taken:
            taken.add(nearest)
            yield Check(law, nearest)


def cases(
    contract: Contract, device: str, budget: str, seed: int, promises: Promises = EVERYTHING
) -> list[Case]:
    """Return the generated cases: made ones that cover what the budget asks for, recorded ones between.

    A larger budget has the cases of a smaller one, so what the smaller rejects the larger does.
    """
    space, name = Space(contract), zlib.crc32(contract.name.encode())
    rng = np.random.default_rng([seed, name])
    array = load(space)
    asked = _restricted(space, _rows(space, array, device, budget, rng), promises)
    members = Members(space, rng)
    filling, seeds = np.random.default_rng([seed, name, 2]), np.random.default_rng([seed, name, 3])
    rows = filled(space, asked, filling, CHEAP if array.rows else DEAREST)
    made = [members.case(row, _seed(seeds)) for row in rows]
    rng, corners = (np.random.default_rng([seed, name, part]) for part in (4, 5))
    if device == "interpreter":
        made = _cut(contract, made, rng)
    kept = [c for c in contract.options.get("rows", ()) if c.startswith("trace-") and c not in PUBLISHED]
    turns = zip(
        range(min(RECORDED[budget], len(made) // 3)), cycle(contract.dtypes), cycle(kept), strict=False
    )
    recorded = [_recorded(contract, device, rng, rows, dtype, promises) for _, dtype, rows in turns]
    spread = _between(made, recorded)
    if device != "interpreter":
        # Last, for they are dear: laws of few cases do without.
        spread += [replace(case, seed=_seed(corners)) for case in contract.corners]
    return _within(spread, promises)


def _rows(space: Space, array: Array, device: str, budget: str, rng: np.random.Generator) -> list[Row]:
    """Return the rows of a budget, each part of the array begun somewhere else."""
    covering = {"small": array.small, "standard": array.standard, "deep": len(array.rows)}
    parts = array.rows[: array.small], array.rows[array.small : array.standard], array.rows[array.standard :]
    rows = list(chain(*(_rotated(part, rng) for part in parts)))
    count = max(covering[budget], LEAST[budget])
    if device == "interpreter":
        count = max(array.small, LEAST["small"])
    return (rows + [space.free] * count)[:count]


def _rotated(rows: Sequence[Row], rng: np.random.Generator) -> Sequence[Row]:
    first = int(rng.integers(len(rows))) if rows else 0
    return (*rows[first:], *rows[:first])


def _restricted(space: Space, rows: Iterable[Row], promises: Promises) -> list[Row]:
    """Return the rows with only such choices as are promised, without those whose other choices exclude them.

    Of several that are promised, those of a row that are not become each in turn.
    """
    kept = {
        d: [v for v, (value,) in enumerate(each.values) if value in promises.options[each.name]]
        for d, each in enumerate(space.dimensions)
        if each.kind == "option" and each.name in promises.options
    }
    chosen = (
        tuple(v if v in kept.get(d, (v,)) else kept[d][number % len(kept[d])] for d, v in enumerate(row))
        for number, row in enumerate(rows)
    )
    return [row for row in chosen if space.complete(row) is not None]


def _cut(contract: Contract, made: list[Case], rng: np.random.Generator) -> list[Case]:
    """Return a few cases with sizes for an interpreter that have every value that all of them have."""
    short = [
        replace(case, shape={axis: _short(contract, axis, size, rng) for axis, size in case.shape.items()})
        for case in made
    ]
    left: set[tuple[str, object]] = set().union(*map(_values, short))
    few: list[Case] = []
    while short and (left or len(few) < INTERPRETED_CASES):
        best = max(short, key=lambda case: len(left & _values(case)))
        short.remove(best)
        few.append(best)
        left -= _values(best)
    return few


def _short(contract: Contract, axis: str, size: int, rng: np.random.Generator) -> int:
    """Return a size that an interpreter can take: this, or another of the axis."""
    most = INTERPRETED.get(axis, size)
    fitting = [each for each in contract.sizes[axis] if each <= most] or [min(contract.sizes[axis])]
    return size if size <= most else int(rng.choice(fitting))


def _values(case: Case) -> set[tuple[str, object]]:
    flags = [("flag", flag) for flag in case.flags or {""}]
    return {*case.shape.items(), *case.options.items(), ("dtype", case.dtype), *flags}


def _between(made: list[Case], recorded: list[Case]) -> list[Case]:
    """Return the made cases with the recorded ones spread among them."""
    every = len(made) // len(recorded) if recorded else len(made)
    spread, waiting = [], iter(recorded)
    for number, case in enumerate(made, 1):
        spread.append(case)
        if recorded and number % every == 0:
            spread.extend(filter(None, [next(waiting, None)]))
    return spread


def published_cases(
    contract: Contract, device: str, seed: int, promises: Promises = EVERYTHING
) -> list[Case]:
    """Return one case per trace of another's model, where its data lies beside the checkout."""
    rng = np.random.default_rng([seed, zlib.crc32(contract.name.encode()), 1])
    listed = [
        _recorded(contract, device, rng, rows, dtype, promises)
        for rows in contract.options.get("rows", ())
        if rows in PUBLISHED
        for dtype in contract.dtypes
    ]
    return _within(listed, promises)


def _recorded(
    contract: Contract,
    device: str,
    rng: np.random.Generator,
    rows: str,
    dtype: str,
    promises: Promises,
) -> Case:
    """Return a case with recorded rows: in the shape that they have, no more requests than were recorded."""
    requests, width, vocabulary = load_trace(rows.removeprefix("trace-")).draft_probs.shape
    shape = {axis: max(int(rng.choice(sizes)), 1) for axis, sizes in contract.sizes.items()}
    if contract.batch is not None:
        shape[contract.batch] = int(rng.choice([s for s in contract.sizes[contract.batch] if s <= requests]))
    if device == "interpreter":
        shape = {axis: _short(contract, axis, size, rng) for axis, size in shape.items()}
    shape |= {axis: size for axis, size in {"K": width, "V": vocabulary}.items() if axis in shape}
    chosen = {
        name: str(rng.choice([choice for choice in choices if not choice.startswith("trace-")]))
        for name, choices in contract.options.items()
    }
    chosen |= {name: choices[0] for name, choices in promises.options.items() if chosen[name] not in choices}
    chosen["rows"] = rows
    flags = frozenset(contract.flags) & {"edge_uniforms"} if rng.random() < 0.12 else frozenset()
    return Case(contract.name, shape, dtype, chosen, _seed(rng), flags)


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(1, 2**31))


def _within(cases: list[Case], promises: Promises) -> list[Case]:
    return [case for case in cases if has_choices(case, promises)]


def _chosen(contract: Contract, offered: Iterable[Case], promises: Promises) -> list[Case]:
    """Return a law's cases with promised options; one whose options all are the contract's gets others."""
    found = {}
    for case in offered:
        if case.options.keys() == contract.options.keys():
            first = {
                name: kept[0] for name, kept in promises.options.items() if case.options[name] not in kept
            }
            options = {**case.options, **first}
            case = replace(case, options=options, flags=admissible_flags(options, case.flags))
        if has_choices(case, promises):
            found[case] = case
    return list(found)


def _foreign(case: Case, promises: Promises) -> str:
    """Say which options of a case are not promised."""
    foreign = {n: v for n, v in case.options.items() if v not in promises.options.get(n, (v,))}
    return ", ".join(f"{name}={value}" for name, value in foreign.items())


def digest(contracts: Iterable[Contract], budget: str, seed: int) -> str:
    """Return the digest of the suite's case lists for every kind of device.

    Two reports are comparable if it is equal, whatever their backends restrict themselves to, and
    whether or not another's traces lay beside the checkout.
    """
    lines = sha256()
    for contract in contracts:
        for device in DEVICES:
            for check in plan(contract, device, budget, seed):
                if check.case.options.get("rows") in PUBLISHED:
                    continue
                lines.update(f"{device} {check.law.name} {check.case}\n".encode())
    return f"sha256:{lines.hexdigest()}"
