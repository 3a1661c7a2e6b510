"""The case list: which laws are checked on which cases, a function of contract, device, budget and seed."""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import chain, cycle

import numpy as np

from draftproof.properties.cases.arrays.stored import Array, load
from draftproof.properties.cases.filling import CHEAP, Members, filled
from draftproof.properties.cases.sizes import INTERPRETED
from draftproof.properties.cases.traces import published
from draftproof.properties.cases.traces.recorded import load as load_trace
from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import Contract
from draftproof.properties.core.dimensions import DEAREST, Row, Space
from draftproof.properties.core.law import Law
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


Variants = Mapping[str, str]
"""Options to which a backend restricts itself, for one operation: ``{"rule": "token"}``."""


def plan(
    contract: Contract, device: str, budget: str, seed: int, variants: Variants | None = None
) -> list[Check]:
    """Return the checks of one operation, in a fixed order."""
    variants = variants or {}
    unknown = variants.keys() - contract.options.keys()
    if unknown:
        raise ValueError(
            f"{contract.name}: CONFORMANCE restricts {', '.join(sorted(unknown))}, "
            f"but its options are {', '.join(contract.options) or 'none'}"
        )
    for option, value in variants.items():
        if value not in contract.options[option]:
            raise ValueError(
                f"{contract.name}: CONFORMANCE sets {option} to {value!r}, "
                f"but its choices are {', '.join(contract.options[option])}"
            )
    generated = cases(contract, device, budget, seed, variants)
    elsewhere = published_cases(contract, device, seed, variants)
    checks = []
    for law in contract.laws:
        if device not in law.devices:
            continue
        if law.cases is not None:
            chosen = _within(law.cases(contract, device, budget, seed), variants)
        else:
            chosen = generated[: max(2 * len(contract.dtypes), round(law.share * len(generated)))]
            chosen += elsewhere if law.share == 1.0 else []
        checks += [Check(law, case) for case in chosen]
    return checks


def cases(
    contract: Contract, device: str, budget: str, seed: int, variants: Variants | None = None
) -> list[Case]:
    """Return the generated cases: made ones that cover what the budget asks for, recorded ones between.

    A larger budget has the cases of a smaller one, so what the smaller rejects the larger does.
    """
    space, name = Space(contract), zlib.crc32(contract.name.encode())
    rng = np.random.default_rng([seed, name])
    array = load(space)
    asked = _restricted(space, _rows(space, array, device, budget, rng), variants)
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
    recorded = [_recorded(contract, device, rng, rows, dtype, variants) for _, dtype, rows in turns]
    spread = _between(made, recorded)
    if device != "interpreter":
        # Last, for they are dear: laws of few cases do without.
        spread += [replace(case, seed=_seed(corners)) for case in contract.corners]
    return _within(spread, variants)


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


def _restricted(space: Space, rows: Iterable[Row], variants: Variants | None) -> list[Row]:
    """Return the rows with some options chosen, without those whose other choices exclude them."""
    fixed = {
        d: each.values.index((variants[each.name],))
        for d, each in enumerate(space.dimensions)
        if variants and each.kind == "option" and (variants.get(each.name, ""),) in each.values
    }
    chosen = (tuple(fixed.get(d, v) for d, v in enumerate(row)) for row in rows)
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
    contract: Contract, device: str, seed: int, variants: Variants | None = None
) -> list[Case]:
    """Return one case per trace of another's model, where its data lies beside the checkout."""
    rng = np.random.default_rng([seed, zlib.crc32(contract.name.encode()), 1])
    listed = [
        _recorded(contract, device, rng, rows, dtype, variants)
        for rows in contract.options.get("rows", ())
        if rows in PUBLISHED
        for dtype in contract.dtypes
    ]
    return _within(listed, variants)


def _recorded(
    contract: Contract,
    device: str,
    rng: np.random.Generator,
    rows: str,
    dtype: str,
    variants: Variants | None,
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
    chosen |= {**(variants or {}), "rows": rows}
    flags = frozenset(contract.flags) & {"edge_uniforms"} if rng.random() < 0.12 else frozenset()
    return Case(contract.name, shape, dtype, chosen, _seed(rng), flags)


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(1, 2**31))


def _within(cases: list[Case], variants: Variants | None) -> list[Case]:
    fixed = variants or {}
    return [case for case in cases if all(case.options.get(n, v) == v for n, v in fixed.items())]


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
