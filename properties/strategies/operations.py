"""The strategy for the cases of an operation."""

from dataclasses import replace

from hypothesis import strategies as st

from draftproof.properties.cases.plan import INTERPRETED_VOCABULARY, Variants, admissible_flags
from draftproof.properties.cases.sizes import LARGE_VOCABULARY
from draftproof.properties.contracts import CONTRACTS
from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import Contract
from draftproof.properties.core.subject import DEVICES
from draftproof.properties.strategies.rows import RARELY, SEEDS, vocabularies
from draftproof.properties.strategies.validation import choice

FLAGS = 3
"""Hostile features at once; each is planted in half of the rows, so that ordinary rows lie between."""

INTERPRETED = {"B": 4, "K": 4, "N": 1025, "V": INTERPRETED_VOCABULARY}
"""Largest sizes for an interpreter, which runs one program at a time."""

LARGE = {"B": 2, "K": 2}
"""Largest sizes beside a real vocabulary."""


def cases(
    operation: str, *, device: str = "cpu", variants: Variants | None = None
) -> st.SearchStrategy[Case]:
    """Return cases of an operation: sizes, dtype, options, hostile features and a seed.

    The arrays follow from the case: ``CONTRACTS[operation].fill(case)``. Shrinks to small sizes, no
    hostile features and seed 0. ``device`` ("cpu", "cuda", "numpy", "interpreter") limits the sizes to
    what it can do in reasonable time; ``variants`` fixes options, as a backend's ``CONFORMANCE`` does.
    """
    choice("cases", "operation", operation, CONTRACTS)
    choice("cases", "device", device, DEVICES)
    contract, fixed = CONTRACTS[operation], variants or {}
    for option, value in fixed.items():
        choice("cases", "an option", option, contract.options)
        choice("cases", option, value, contract.options[option])
    options = {
        # Recorded rows have a shape of their own: they are on every planned list of cases instead.
        name: st.sampled_from([c for c in ([fixed[name]] if name in fixed else choices) if "trace-" not in c])
        for name, choices in contract.options.items()
    }
    return st.builds(
        Case,
        operation=st.just(operation),
        shape=_shapes(contract, device),
        dtype=st.sampled_from(contract.dtypes),
        options=st.fixed_dictionaries(options),
        seed=SEEDS,
        flags=st.lists(st.sampled_from(contract.flags), max_size=FLAGS).map(frozenset)
        if contract.flags
        else st.just(frozenset()),
    ).map(lambda case: replace(case, flags=admissible_flags(case.options, case.flags)))


def _shapes(contract: Contract, device: str) -> st.SearchStrategy[dict[str, int]]:
    limits = INTERPRETED if device == "interpreter" else {}
    axes = {
        axis: _sizes(
            axis, [size for size in sizes if size <= limits.get(axis, size)], device, axis == contract.batch
        )
        for axis, sizes in contract.sizes.items()
    }
    return st.fixed_dictionaries(axes).map(_affordable)


def _sizes(axis: str, sizes: list[int], device: str, batch: bool) -> st.SearchStrategy[int]:
    if axis == "V":
        return vocabularies(largest=max(sizes)) if device != "interpreter" else st.sampled_from(sorted(sizes))
    usual = st.sampled_from(sorted(sizes))
    return RARELY.flatmap(lambda rare: st.just(0) if rare else usual) if batch else usual


def _affordable(shape: dict[str, int]) -> dict[str, int]:
    if shape.get("V", 0) <= LARGE_VOCABULARY + 1:
        return shape
    return {axis: min(size, LARGE.get(axis, size)) for axis, size in shape.items()}
