"""The fault model: faults follow from a contract and prove themselves; a share of them is rejected."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
import torch

from draftproof.optimized import eager
from draftproof.properties.contracts import CONTRACTS
from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import Argument, Arrays, FunctionContract, Work
from draftproof.properties.core.subject import FunctionSubject
from draftproof.properties.core.verdict import Verdict
from draftproof.properties.faults.functions.effects import another, misread, neighbours
from draftproof.properties.faults.functions.enumeration import function_faults
from draftproof.properties.faults.functions.fault import Fault, Faulty, Where
from draftproof.properties.faults.functions.sizes import thresholds
from draftproof.properties.faults.functions.witness import prove
from draftproof.properties.faults.hunt import hunt, kill_order
from draftproof.properties.faults.measure import measure, tally
from draftproof.properties.faults.reasons import find_reason
from draftproof.properties.judges.equality import judge_equal, required
from draftproof.properties.laws.shared.functions import SHARED

CONTRACTS_OF_FUNCTIONS = {n: each for n, each in CONTRACTS.items() if isinstance(each, FunctionContract)}
FUNCTIONS = list(CONTRACTS_OF_FUNCTIONS)
FAMILIES = {"sizes", "places", "values", "layouts", "history", "concurrency"}


@pytest.mark.parametrize("operation", FUNCTIONS)
def test_every_family_follows_from_a_contract(operation: str) -> None:
    faults = Counter(fault.family for fault in function_faults(CONTRACTS_OF_FUNCTIONS[operation]))
    assert faults.keys() >= FAMILIES
    assert faults.total() > 200


def test_names_are_told_apart() -> None:
    for operation in FUNCTIONS:
        names = [fault.name for fault in function_faults(CONTRACTS_OF_FUNCTIONS[operation])]
        assert len(names) == len(set(names))


def test_an_axis_of_powers_of_two_has_no_other_size() -> None:
    contract = CONTRACTS_OF_FUNCTIONS["match_prefixes"]
    sizes = {fault.where.sizes.get("H", 1) for fault in function_faults(contract)}
    assert all(size.bit_count() <= 1 for size in sizes), sizes


def test_sizes_lie_around_powers_of_two() -> None:
    assert thresholds(2**18)[-3:] == [131_073, 262_143, 262_144]


ALWAYS = Where("always", "places", lambda call: np.ones(call.rows, bool))


def faulty(operation: str, fault: Fault) -> FunctionSubject:
    contract = CONTRACTS_OF_FUNCTIONS[operation]
    return FunctionSubject(contract, Faulty(getattr(eager, operation), contract, fault), "cpu")


def test_a_fault_shows_only_in_its_rows() -> None:
    second = Where("row 1", "places", lambda call: np.arange(call.rows) == 1)
    add = Faulty(eager.vector_add, CONTRACTS_OF_FUNCTIONS["vector_add"], Fault(second, another(0, "sum")))
    ones = torch.ones(3)
    assert add(ones, ones).tolist() == [2.0, 3.125, 2.0]
    assert add.fired


def test_the_neighbours_row_is_read() -> None:
    add = Faulty(eager.vector_add, CONTRACTS_OF_FUNCTIONS["vector_add"], Fault(ALWAYS, neighbours("a")))
    assert add(torch.tensor([1.0, 2.0]), torch.zeros(2)).tolist() == [2.0, 1.0]


def test_strides_are_ignored() -> None:
    add = Faulty(eager.vector_add, CONTRACTS_OF_FUNCTIONS["vector_add"], Fault(ALWAYS, misread("a")))
    assert add(torch.tensor([1.0, 9.0, 2.0, 9.0])[::2], torch.zeros(2)).tolist() == [1.0, 9.0]


def test_what_no_input_shows_is_no_fault() -> None:
    contract = CONTRACTS_OF_FUNCTIONS["vector_add"]
    nothing = Fault(Where("never", "places", lambda call: False), another(0, "sum"))
    assert prove(contract, eager.vector_add, nothing) is None
    assert prove(contract, eager.vector_add, Fault(ALWAYS, another(0, "sum"))) is not None


def test_what_the_right_function_refuses_shows_no_fault() -> None:
    contract = CONTRACTS_OF_FUNCTIONS["verify_chain"]
    faults = {fault.name: fault for fault in function_faults(contract)}
    mixed = faults["accept_uniforms in float64 and sample_uniforms in float32: another tokens"]
    assert prove(contract, eager.verify_chain, mixed) is None
    same = faults["accept_uniforms in float64 and sample_uniforms in float64: another tokens"]
    assert prove(contract, eager.verify_chain, same) is not None


def test_the_right_function_is_not_rejected() -> None:
    nothing = Fault(Where("never", "places", lambda call: False), another(0, "sum"))
    assert hunt(faulty("vector_add", nothing), kill_order("vector_add", "cpu", "standard")) is None


def test_a_fault_is_rejected_with_its_law_and_case() -> None:
    kill = hunt(
        faulty("vector_add", Fault(ALWAYS, another(0, "sum"))), kill_order("vector_add", "cpu", "small")
    )
    assert kill is not None
    assert (kill.law, kill.case.operation) == ("admissible", "vector_add")
    assert "expected" in str(kill.finding)


@pytest.mark.parametrize("operation", FUNCTIONS)
def test_a_share_of_the_faults_is_rejected(operation: str) -> None:
    outcomes = list(measure(operation, ("small", "standard"), share=0.05, seed=7))
    left = [outcome.fault for outcome in outcomes if outcome.proved and not outcome.budget]
    assert [fault for fault in left if not find_reason(operation, fault)] == []


def test_a_table_adds_up_by_family() -> None:
    outcomes = list(measure("vector_add", ("small", "standard"), share=0.05, seed=7))
    table = tally(outcomes, ("small", "standard"))
    assert sum(row["faults"] for row in table.values()) == sum(outcome.proved for outcome in outcomes)
    assert all(row["small"] <= row["standard"] <= row["faults"] for row in table.values())


# A function that answers in its argument has faults, too.


def _fill(case: Case) -> Arrays:
    rng = np.random.default_rng(case.seed)
    return {"values": rng.integers(-60, 60, (case.shape["B"], case.shape["V"])).astype(np.float32)}


def _judge(inputs: Arrays, keywords: dict[str, Any], results: Arrays) -> Verdict:
    return judge_equal(results, {"values": 2 * required(inputs, "values")})


DOUBLE = FunctionContract(
    name="double_inplace",
    pillar="primitives",
    rule="Doubles every value where it lies.",
    source="a test",
    arguments=(Argument("values", ("B", "V"), "float32", "values", mutated=True),),
    outputs=(),
    oracle=lambda: None,
    fill=_fill,
    judge=_judge,
    sizes={"B": (1, 2, 5), "V": (1, 31, 33, 70)},
    options={},
    keywords=(),
    flags=(),
    dtypes=("float32",),
    laws=SHARED,
    work=Work(bytes=lambda shape, inputs, outputs: 4.0 * shape["B"] * shape["V"]),
)


def double_inplace(values: torch.Tensor) -> None:
    values.mul_(2)


def test_a_function_that_mutates_its_argument_has_faults() -> None:
    values = torch.ones(2, 3)
    second = Where("row 1", "places", lambda call: np.arange(call.rows) == 1)
    assert Faulty(double_inplace, DOUBLE, Fault(second, another(0, "values")))(values) is None
    assert values.tolist() == [[2.0] * 3, [3.125] * 3]
    faults = [fault for fault in function_faults(DOUBLE) if fault.family == "places"]
    shown = [fault for fault in faults if prove(DOUBLE, double_inplace, fault) is not None]
    assert len(shown) > 0.9 * len(faults)
