"""The case list: which laws are checked on which cases, a function of contract, device, budget and seed."""

import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import cycle, islice

import numpy as np

from draftproof.properties.cases.sizes import LARGE_VOCABULARY
from draftproof.properties.cases.traces import published
from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import Contract
from draftproof.properties.core.law import Law
from draftproof.properties.core.subject import DEVICES

GENERATED = {"small": 36, "standard": 72, "deep": 400}
"""Generated cases per operation and dtype."""

ALLOWED = {"small": 5e6, "standard": 1.5e7, "deep": 6e7}
"""What the generated cases of an operation may cost together, in elements: a case beyond it is left out."""

LARGE_SHARE = {"numpy": 0.05, "cpu": 0.1, "interpreter": 0.0, "cuda": 0.25}
"""The share of generated cases with a vocabulary above LARGE_VOCABULARY."""

PUBLISHED = frozenset(f"trace-{name}" for name in published.DRAFTERS)
"""Rows that the project does not carry: they are added to a case list, but not counted in its digest."""

INTERPRETED_CASES = 12
INTERPRETED_VOCABULARY = 257
INTERPRETED_BATCH = 9
"""An interpreter runs one program at a time: few cases, short rows, few of them."""


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
            chosen = [case for case in law.cases(contract, device, budget, seed) if _within(case, variants)]
        else:
            chosen = generated[: max(2 * len(contract.dtypes), round(law.share * len(generated)))]
            chosen += elsewhere if law.share == 1.0 else []
        checks += [Check(law, case) for case in chosen]
    return checks


def cases(
    contract: Contract, device: str, budget: str, seed: int, variants: Variants | None = None
) -> list[Case]:
    """Return the generated cases: made rows of every kind, and every third with a recorded model's."""
    rng = np.random.default_rng([seed, zlib.crc32(contract.name.encode())])
    count = INTERPRETED_CASES if device == "interpreter" else GENERATED[budget]
    options = _options(contract, variants)
    made = []
    recorded = [
        rows for rows in options.get("rows", ()) if rows.startswith("trace-") and rows not in PUBLISHED
    ]
    due = cycle(contract.flags)
    for number in range(count):
        for dtype in contract.dtypes:
            rows = recorded[number // 3 % len(recorded)] if recorded and number % 3 == 2 else None
            made.append(_case(contract, rng, device, dtype, options, rows, due))
    return affordable(contract, made, ALLOWED[budget])


def affordable(contract: Contract, cases: Iterable[Case], allowed: float) -> list[Case]:
    """Return the cases, in their order, without those that would cost more than what is left of ``allowed``.

    >>> from draftproof.properties.contracts import CONTRACTS
    >>> add = [Case("vector_add", {"N": N}) for N in (100, 1000, 10)]
    >>> [case.shape["N"] for case in affordable(CONTRACTS["vector_add"], add, 600.0)]
    [100, 10]
    """
    kept, left = [], allowed
    for case in cases:
        if (cost := contract.cost(case)) <= left:
            kept.append(case)
            left -= cost
    return kept


def published_cases(
    contract: Contract, device: str, seed: int, variants: Variants | None = None
) -> list[Case]:
    """Return one case per trace of another's model, where its data lies beside the checkout."""
    rng = np.random.default_rng([seed, zlib.crc32(contract.name.encode()), 1])
    options = _options(contract, variants)
    return [
        _case(contract, rng, device, dtype, options, rows, cycle(contract.flags))
        for rows in options.get("rows", ())
        if rows in PUBLISHED
        for dtype in contract.dtypes
    ]


def _options(contract: Contract, variants: Variants | None) -> dict[str, tuple[str, ...]]:
    return {
        name: (variants[name],) if variants and name in variants else choices
        for name, choices in contract.options.items()
    }


def _case(
    contract: Contract,
    rng: np.random.Generator,
    device: str,
    dtype: str,
    options: Mapping[str, tuple[str, ...]],
    rows: str | None,
    due: Iterator[str],
) -> Case:
    shape = {axis: int(rng.choice(sizes)) for axis, sizes in contract.sizes.items()}
    if "V" in shape:
        large = rng.random() < LARGE_SHARE[device] and max(contract.sizes["V"]) > LARGE_VOCABULARY
        limit = INTERPRETED_VOCABULARY if device == "interpreter" else LARGE_VOCABULARY
        fitting = [V for V in contract.sizes["V"] if (V > LARGE_VOCABULARY if large else limit >= V)]
        shape["V"] = int(rng.choice(fitting))
        if large:
            shape = {axis: min(size, 2) if axis != "V" else size for axis, size in shape.items()}
    if device == "interpreter" and "B" in shape:
        shape["B"] = min(shape["B"], INTERPRETED_BATCH)
    if contract.batch is not None and rng.random() < 0.04:
        shape[contract.batch] = 0
    chosen = {
        name: str(rng.choice([c for c in choices if not c.startswith("trace-")]))
        for name, choices in options.items()
    }
    flags = frozenset(flag for flag in contract.flags if rng.random() < 0.12)
    if rows is None:
        # Each in its turn: left to chance, a small budget would miss some.
        flags |= set(islice(due, 1))
        if any(flag.startswith("hostile") for flag in flags):
            shape |= {axis: shape[axis] or 1 for axis in contract.hostile_axes if axis in shape}
    else:
        shape, flags = _recorded_shape(contract, shape, rows), frozenset(flags & {"edge_uniforms"})
        chosen["rows"] = rows
    return Case(
        contract.name, shape, dtype, chosen, int(rng.integers(1, 2**31)), admissible_flags(chosen, flags)
    )


def admissible_flags(options: Mapping[str, str], flags: frozenset[str]) -> frozenset[str]:
    """Drop the flags that the options exclude: the block rule presumes rows that sum to at most 1."""
    return flags - {"unnormalised"} if options.get("rule") == "block" else flags


def _recorded_shape(contract: Contract, shape: dict[str, int], rows: str) -> dict[str, int]:
    from draftproof.properties.cases.traces.recorded import load

    width, vocabulary = load(rows.removeprefix("trace-")).draft_probs.shape[1:]
    sizes = {"K": width, "V": vocabulary}
    return {axis: sizes.get(axis, max(size, 1)) for axis, size in shape.items()}


def _within(case: Case, variants: Variants) -> bool:
    return all(case.options.get(name, value) == value for name, value in variants.items())


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
