"""The list of cases: a function of contract, device, budget and seed, with what must be on it."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from draftproof.properties.cases.plan import PUBLISHED, cases, digest, plan, published_cases
from draftproof.properties.cases.traces import load, names
from draftproof.properties.contracts import CONTRACTS
from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import FunctionContract
from draftproof.properties.core.promises import Promises, read_promises
from draftproof.properties.core.subject import DEVICES

OPERATIONS = sorted(CONTRACTS)


def lines(operation: str, device: str, seed: int, said: Mapping[str, object] | None = None) -> list[str]:
    promises = read_promises(CONTRACTS[operation], said)
    checks = plan(CONTRACTS[operation], device, "small", seed, promises)
    return [f"{check.law.name} {check.case}" for check in checks]


CHECKED = [
    (operation, device)
    for operation in OPERATIONS
    for device in DEVICES
    if any(device in law.devices for law in CONTRACTS[operation].laws)
]
"""Every operation with the devices that it has laws for."""


@pytest.mark.parametrize(("operation", "device"), CHECKED)
def test_the_same_seed_gives_the_same_list(operation: str, device: str) -> None:
    assert lines(operation, device, 3) == lines(operation, device, 3)
    assert lines(operation, device, 3) != lines(operation, device, 4)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_law_of_the_device_has_cases(operation: str) -> None:
    contract = CONTRACTS[operation]
    device = "cuda" if (operation, "cuda") in CHECKED else "numpy"
    checks = plan(contract, device, "standard", 0)
    large = isinstance(contract, FunctionContract) and contract.large is not None
    of_device = [law for law in contract.laws if device in law.devices]
    without_large = {law.name for law in of_device if large or law.name != "offsets past 2^31"}
    assert {check.law.name for check in checks} == without_large
    assert all(device in check.law.devices for check in checks)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_list_holds_every_dtype_option_and_flag(operation: str) -> None:
    contract = CONTRACTS[operation]
    generated = cases(contract, "cpu", "standard", 0) + published_cases(contract, "cpu", 0)
    assert {case.dtype for case in generated} == set(contract.dtypes)
    for name, choices in contract.options.items():
        assert {case.options[name] for case in generated} == set(choices)
    assert frozenset().union(*(case.flags for case in generated)) == set(contract.flags)


@pytest.mark.parametrize("name", names())
def test_recorded_rows_keep_their_shape(name: str) -> None:
    width, vocabulary = load(name).draft_probs.shape[1:]
    recorded = [
        case
        for contract in [CONTRACTS["verify_chain"]]
        for case in cases(contract, "cpu", "standard", 0) + published_cases(contract, "cpu", 0)
        if case.options["rows"] == f"trace-{name}"
    ]
    assert recorded
    assert {(case.shape["K"], case.shape["V"]) for case in recorded} == {(width, vocabulary)}


def test_an_interpreter_gets_short_rows() -> None:
    for operation in OPERATIONS:
        for case in cases(CONTRACTS[operation], "interpreter", "deep", 0):
            if not case.options.get("rows", "").startswith("trace-"):
                assert case.shape.get("V", 0) <= 257
            assert case.shape.get("B", 0) <= 9


def test_a_rule_restricts_every_case() -> None:
    block = Promises(options={"rule": ("block",)})
    listed = plan(CONTRACTS["verify_chain"], "cpu", "small", 0, block)
    asked = [check.case.options for check in listed if not check.unpromised]
    assert {options["rule"] for options in asked if "rule" in options} == {"block"}


def test_the_digest_names_the_list() -> None:
    contracts = list(CONTRACTS.values())
    whole = digest(contracts, "small", 0)
    assert whole.startswith("sha256:")
    assert whole == digest(contracts, "small", 0)
    assert (
        len(
            {
                whole,
                digest(contracts, "small", 1),
                digest(contracts, "standard", 0),
                digest(contracts[1:], "small", 0),
            }
        )
        == 4
    )


def test_every_planned_case_survives_its_line() -> None:
    for contract in CONTRACTS.values():
        for check in plan(contract, "cuda", "standard", 0):
            assert Case.parse(str(check.case)) == check.case


def test_traces_beside_the_checkout_do_not_change_the_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    contract = CONTRACTS["sample"]
    without = tuple(rows for rows in contract.options["rows"] if rows not in PUBLISHED)
    bare = replace(contract, options={**contract.options, "rows": without})
    assert digest([contract], "small", 0) == digest([bare], "small", 0)
