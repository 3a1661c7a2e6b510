"""The cases of laws that need inputs of their own: axes with room, and every argument given."""

from collections.abc import Iterator, Mapping
from itertools import product

import numpy as np

from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import FunctionContract
from draftproof.properties.core.promises import Promises

Options = Mapping[str, tuple[str, ...]]

NUMBERS = 2**16
"""Modulo this a case's seed is its number."""


def giving(contract: FunctionContract) -> Options:
    """Return, for each option, the choices with which the fewest arguments are left out, all else equal."""
    options = {name: _made(choices) for name, choices in contract.options.items()}
    least = {axis: _at_least(sizes, 2) for axis, sizes in contract.sizes.items()}
    chosen = {name: choices[0] for name, choices in options.items()}

    def left_out(name: str, choice: str) -> int:
        case = Case(contract.name, least, contract.dtypes[0], {**chosen, name: choice}, 1)
        return sum(array is None for array in contract.fill(case).values())

    for name, choices in options.items():
        counts = {choice: left_out(name, choice) for choice in choices}
        options[name] = tuple(choice for choice in choices if counts[choice] == min(counts.values()))
        chosen[name] = options[name][0]
    return options


def roomy(
    contract: FunctionContract, number: int, seed: int, least: int = 3, cost: float = 0.0
) -> Iterator[Case]:
    """Yield the case of a number for each choice of the call's keywords, with every argument given.

    No axis is shorter than ``least`` unless the contract knows only shorter ones, and the batch is that
    long; some are longer, as far as the case does not cost more than ``cost``. The case's seed is
    ``number`` modulo ``NUMBERS``.
    """
    rng = np.random.default_rng([seed, number, least])
    options = giving(contract)
    keywords = [name for name in options if name in contract.keywords]
    for choice in product(*(options[name] for name in keywords)):
        chosen = {name: str(rng.choice(choices)) for name, choices in options.items()}
        case = Case(
            contract.name,
            {axis: _at_least(sizes, least) for axis, sizes in contract.sizes.items()}
            | {contract.batch: least},
            contract.dtypes[number % len(contract.dtypes)],
            chosen | dict(zip(keywords, choice, strict=True)),
            int(rng.integers(1, 2**14)) * NUMBERS + number,
        )
        for axis in rng.permutation(list(contract.sizes)):
            longer = case.reshaped(**{axis: int(rng.choice(contract.sizes[axis]))})
            if longer.shape[axis] >= least and contract.cost(longer) <= cost:
                case = longer
        yield case


def other_case(contract: FunctionContract, case: Case, promises: Promises) -> Case:
    """Return a case of other sizes, options and dtype, as far as promised; it follows from ``case``."""
    rng = np.random.default_rng([case.seed, 1])

    def promised(axis: str) -> list[int]:
        low, high = promises.sizes.get(axis, (0, np.inf))
        return [size for size in contract.sizes[axis] if low <= size <= high]

    shape = {
        axis: min(
            (size for size in promised(axis) if size >= 2 and size != case.shape[axis]),
            default=case.shape[axis],
        )
        for axis in contract.sizes
    }
    options = {
        name: str(rng.choice([c for c in _made(choices) if c != case.options[name]] or choices))
        for name, choices in {**contract.options, **promises.options}.items()
    }
    dtypes = promises.dtypes or contract.dtypes
    return Case(contract.name, shape, str(rng.choice(dtypes)), options, case.seed + 1)


def _made(choices: tuple[str, ...]) -> tuple[str, ...]:
    """Leave out rows recorded from a model: they fix the sizes."""
    return tuple(choice for choice in choices if not choice.startswith("trace-"))


def _at_least(sizes: tuple[int, ...], least: int) -> int:
    return min((size for size in sizes if size >= least), default=max(sizes))
