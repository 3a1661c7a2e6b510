"""The strategy for the cases of an operation: drawn from the dimensions that its case list covers."""

from collections.abc import Mapping, Sequence

from hypothesis import strategies as st

from draftproof.properties.cases.sizes import INTERPRETED
from draftproof.properties.contracts import CONTRACTS
from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import Contract
from draftproof.properties.core.dimensions import DEAREST, Dimension, Space, admissible_flags
from draftproof.properties.core.subject import DEVICES
from draftproof.properties.strategies.rows import RARELY, SEEDS, vocabularies
from draftproof.properties.strategies.validation import choice

FLAGS = 3
"""Hostile features at once; each is planted in half of the rows, so that ordinary rows lie between."""


def cases(
    operation: str, *, device: str = "cpu", variants: Mapping[str, str | Sequence[str]] | None = None
) -> st.SearchStrategy[Case]:
    """Return cases of an operation: sizes, dtype, options, hostile features and a seed.

    The arrays follow from the case: ``CONTRACTS[operation].fill(case)``. Shrinks to small sizes, no
    hostile features and seed 0. ``device`` ("cpu", "cuda", "numpy", "interpreter") limits the sizes to
    what it can do in reasonable time; ``variants`` restricts options to a choice or some, as a backend's
    ``CONFORMANCE`` does.
    """
    choice("cases", "operation", operation, CONTRACTS)
    choice("cases", "device", device, DEVICES)
    contract = CONTRACTS[operation]
    fixed = {name: (kept,) if isinstance(kept, str) else kept for name, kept in (variants or {}).items()}
    for option, values in fixed.items():
        choice("cases", "an option", option, contract.options)
        for value in values:
            choice("cases", option, value, contract.options[option])
    space = Space(contract)
    drawn = {each.name: _values(contract, device, each) for each in space.dimensions if each.kind != "flag"}
    drawn |= {option: st.sampled_from(values) for option, values in fixed.items()}
    flags = st.lists(st.sampled_from(contract.flags), max_size=FLAGS) if contract.flags else st.just([])
    return st.builds(
        lambda chosen, seed, flags: _case(contract, chosen, seed, frozenset(flags)),
        st.fixed_dictionaries(drawn),
        SEEDS,
        flags,
    )


def _values(contract: Contract, device: str, dimension: Dimension) -> st.SearchStrategy[int | str]:
    """Return the members of a dimension's values; a batch of nothing rarely, any short vocabulary too."""
    members = [member for value in dimension.values for member in value]
    if dimension.kind != "size":
        return st.sampled_from(members)
    sizes = sorted(int(member) for member in members)
    if device == "interpreter":
        sizes = [size for size in sizes if size <= INTERPRETED.get(dimension.name, size)] or sizes[:1]
    if dimension.name == "V":
        return vocabularies(largest=sizes[-1]) if device != "interpreter" else st.sampled_from(sizes)
    if dimension.name != contract.batch:
        return st.sampled_from(sizes)
    usual = st.sampled_from([size for size in sizes if size])
    return RARELY.flatmap(lambda rare: st.just(0) if rare else usual)


def _case(contract: Contract, chosen: dict[str, int | str], seed: int, flags: frozenset[str]) -> Case:
    """Return the case of these choices, cut where large axes meet and without what excludes itself."""
    options = {name: str(chosen[name]) for name in contract.options}
    shape = {axis: int(chosen[axis]) for axis in contract.sizes}
    case = Case(contract.name, shape, str(chosen["dtype"]), options, seed, admissible_flags(options, flags))
    while contract.cost(case) > DEAREST:
        halved = [case.reshaped(**{axis: size // 2}) for axis, size in case.shape.items() if size > 1]
        case = min(halved, key=contract.cost)
    return case
