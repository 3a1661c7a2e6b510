"""A contract whose dimensions cannot be covered is refused when it is declared, by name."""

from dataclasses import replace
from typing import Any

import pytest

from draftproof.properties.contracts import CONTRACTS
from draftproof.properties.core.dimensions import Space, classes

SAMPLE, CHAIN = CONTRACTS["sample"], CONTRACTS["verify_chain"]


@pytest.mark.parametrize(
    ("contract", "changes", "message"),
    [
        (SAMPLE, {"sizes": {"B": (), "V": (3,)}}, "sample: B must have at least one value, got none"),
        (
            SAMPLE,
            {"options": {**SAMPLE.options, "rows": ("trace-x",)}},
            "sample: rows must have at least one",
        ),
        (SAMPLE, {"dtypes": ()}, "sample: dtype must have at least one value, got none"),
        (SAMPLE, {"flags": ("nan", "nan")}, "sample: the values of feature must differ"),
        (
            SAMPLE,
            {"sizes": {"B": (1,), "V": (3, 10**7)}},
            r"V=10000000 cannot be covered: it costs 1e\+07",
        ),
        (CHAIN, {"sizes": {**CHAIN.sizes, "K": (0,)}}, "verify_chain: feature=hostile_ids cannot be covered"),
        (
            CHAIN,
            {"options": {**CHAIN.options, "rule": ("block",)}},
            "verify_chain: feature=unnormalised cannot be covered: it is excluded by all else",
        ),
    ],
)
def test_what_cannot_be_covered_is_refused(contract: Any, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(contract, **changes)


def test_sizes_round_to_a_power_of_two_in_classes() -> None:
    assert classes((33, 1, 0, 31)) == ((0,), (1,), (31, 33))


def test_a_batch_of_nothing_is_always_a_value() -> None:
    space = Space(SAMPLE)
    (batch,) = (each for each in space.dimensions if each.name == "B")
    assert (0,) in batch.values


def test_demands_leave_out_what_is_excluded() -> None:
    space = Space(CHAIN)
    names = [each.name for each in space.dimensions]
    rule, flag = names.index("rule"), CHAIN.flags.index("unnormalised") + 1
    block = CHAIN.options["rule"].index("block")
    pairs = set(space.demands(2))
    assert ((rule, 1 - block), (space.flags, flag)) in pairs
    assert ((rule, block), (space.flags, flag)) not in pairs
    largest = tuple((names.index(axis), len(space.dimensions[names.index(axis)].values) - 1) for axis in "BV")
    assert largest not in pairs
