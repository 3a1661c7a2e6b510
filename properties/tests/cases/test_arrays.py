"""The covering arrays: what is stored covers what it should, and what is lacking is seen."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import combinations

import pytest

from draftproof.properties.cases.arrays.coverage import faults, spelled
from draftproof.properties.cases.arrays.stored import Array, load, written
from draftproof.properties.cases.filling import CHEAP
from draftproof.properties.cases.plan import cases
from draftproof.properties.cases.reach import reach
from draftproof.properties.contracts import CONTRACTS
from draftproof.properties.core.case import Case
from draftproof.properties.core.dimensions import DEAREST, Space
from draftproof.properties.core.promises import Promises

OPERATIONS = sorted(CONTRACTS)
CHAIN = CONTRACTS["verify_chain"]


def made(listed: Iterable[Case]) -> list[Case]:
    return [case for case in listed if not case.options.get("rows", "").startswith("trace-")]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_stored_array_covers_and_obeys(operation: str) -> None:
    space = Space(CONTRACTS[operation])
    array = load(space)
    assert array.rows, "python generate.py makes it"
    assert not faults(space, array)
    assert len(array.rows) <= 3000


def test_a_row_less_is_a_pair_or_a_triple_less() -> None:
    space = Space(CONTRACTS["sample"])
    array = load(space)
    for number in (0, array.standard - 1, len(array.rows) - 1):
        rows = (*array.rows[:number], *array.rows[number + 1 :])
        small, standard = (count - (number < count) for count in (array.small, array.standard))
        assert faults(space, Array(small, standard, rows)), number


def test_a_row_that_is_not_admitted_is_a_fault() -> None:
    space = Space(CHAIN)
    array = load(space)
    largest = tuple(len(each.values) - 1 if each.kind == "size" else 0 for each in space.dimensions)
    assert space.complete(largest) is None
    wrong = replace(array, rows=(*array.rows, largest))
    assert faults(space, wrong) == [f"row {largest} is not admitted"]


def test_an_array_for_other_dimensions_is_none() -> None:
    assert load(Space(CHAIN)).rows
    assert not load(Space(replace(CHAIN, flags=CHAIN.flags[:-1]))).rows


def test_the_file_is_what_would_be_written() -> None:
    from draftproof.properties.cases.arrays.stored import FOLDER

    for operation in OPERATIONS:
        space = Space(CONTRACTS[operation])
        assert (FOLDER / f"{operation}.json").read_text() == written(space, load(space))


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_cases_reach_what_their_budget_says(operation: str, seed: int) -> None:
    contract = CONTRACTS[operation]
    small, standard = (reach(contract, "cpu", budget, seed) for budget in ("small", "standard"))
    assert small.at_once[1].reached == small.at_once[1].possible
    assert standard.at_once[2].reached == standard.at_once[2].possible
    assert small.at_once[2].reached <= standard.at_once[2].reached
    assert standard.largest == {axis: max(sizes) for axis, sizes in contract.sizes.items()}
    for axis, sizes in contract.sizes.items():
        assert {case.shape[axis] for case in made(cases(contract, "cpu", "small", seed))} >= {*sizes}


@pytest.mark.parametrize("operation", ["sample", "uniforms"])
def test_deep_reaches_every_triple(operation: str) -> None:
    deep = reach(CONTRACTS[operation], "cuda", "deep")
    assert deep.at_once[3].reached == deep.at_once[3].possible
    assert set(map(str, deep.values.values())) == {
        f"{share.possible} of {share.possible}" for share in deep.values.values()
    }


def test_a_triple_that_no_case_has_is_not_reached() -> None:
    small = reach(CHAIN, "cpu", "small")
    assert small.at_once[3].reached < small.at_once[3].possible


@pytest.mark.parametrize("budget", ["small", "standard"])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_cases_are_affordable_and_exclude_nothing_of_themselves(operation: str, budget: str) -> None:
    contract = CONTRACTS[operation]
    for case in made(cases(contract, "cpu", budget, 5)):
        assert contract.cost(case) <= DEAREST
        assert not (case.options.get("rule") == "block" and "unnormalised" in case.flags)
        if any(flag.startswith("hostile") for flag in case.flags):
            assert all(case.shape[axis] for axis in contract.hostile_axes & case.shape.keys())


def test_every_two_flags_and_none_occur_at_standard() -> None:
    flags = {case.flags for case in made(cases(CHAIN, "cpu", "standard", 0))}
    assert frozenset() in flags
    assert {frozenset(pair) for pair in combinations(CHAIN.flags, 2)} <= flags


def test_k_of_nothing_comes_without_a_flag_too() -> None:
    listed = made(cases(CHAIN, "cpu", "standard", 0))
    assert [case for case in listed if case.shape["K"] == 0 and not case.flags]


def test_the_seed_moves_what_is_free() -> None:
    one, two = (made(cases(CHAIN, "cpu", "standard", seed)) for seed in (0, 1))
    unseeded = [{str(replace(case, seed=0)) for case in listed} for listed in (one, two)]
    assert len(unseeded[0] & unseeded[1]) < len(unseeded[0]) // 2
    assert not {case.seed for case in one} & {case.seed for case in two}
    assert [case.flags for case in one] != [case.flags for case in two]


def test_what_is_free_costs_little() -> None:
    dear = [case for case in made(cases(CHAIN, "cpu", "standard", 0)) if CHAIN.cost(case) > CHEAP]
    space = Space(CHAIN)
    array = load(space)
    asked = [row for row in array.rows[: array.standard] if space.cost(row) > CHEAP]
    assert len(dear) <= len(asked)


def test_the_first_cases_are_well_mixed() -> None:
    listed = made(cases(CHAIN, "cpu", "standard", 0))
    first = listed[: len(listed) // 4]
    assert {case.shape["V"] > 4096 for case in first} == {True, False}
    assert frozenset().union(*(case.flags for case in first)) == set(CHAIN.flags)
    assert {case.options["rule"] for case in first} == {"token", "block"}


def test_a_restriction_keeps_every_other_value() -> None:
    listed = made(cases(CHAIN, "cpu", "small", 0, Promises(options={"rule": ("block",)})))
    assert {case.options["rule"] for case in listed} == {"block"}
    assert frozenset().union(*(case.flags for case in listed)) == set(CHAIN.flags) - {"unnormalised"}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_interpreter_gets_few_cases_with_every_value(operation: str) -> None:
    contract = CONTRACTS[operation]
    listed = made(cases(contract, "interpreter", "deep", 0))
    assert 12 <= len(listed) <= 20
    assert frozenset().union(*(case.flags for case in listed)) == set(contract.flags)
    for name, choices in contract.options.items():
        wanted = {choice for choice in choices if not choice.startswith("trace-")}
        assert {case.options[name] for case in listed} == wanted


def test_choices_are_spelled() -> None:
    space = Space(CHAIN)
    items = ((0, space.dimensions[0].values.index((257,))), (space.flags, 1))
    assert spelled(space, items) == f"B=257, {CHAIN.flags[0]}"
    assert spelled(space, ((space.flags, 0),)) == "no flag"
