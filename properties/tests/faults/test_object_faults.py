"""Faults of objects: enumerated from the contract, each shown by a witness, and rejected by the suite."""

import random
from dataclasses import replace
from typing import cast

import pytest

from draftproof.properties.contracts import CONTRACTS
from draftproof.properties.core.contract import ObjectContract
from draftproof.properties.core.subject import Subject
from draftproof.properties.faults.hunt import hunt, kill_order
from draftproof.properties.faults.objects.enumeration import ObjectFault, faults
from draftproof.properties.faults.objects.witness import Situation, observe

CONTRACT = cast(ObjectContract, CONTRACTS["RadixTree"])
FAULTS = list(faults(CONTRACT))
FAMILIES = {"sizes", "depth", "history", "counts", "values", "choices", "layout"}
CHEAP = [fault for fault in FAULTS if not fault.circumstance.name.startswith(("depth >= 1", "call 3"))]
SAMPLE = random.Random(8).sample(CHEAP, 40)


def test_they_are_thousands_of_every_method_and_family() -> None:
    assert len(FAULTS) > 5000
    assert {fault.method for fault in FAULTS} == set(CONTRACT.methods)
    assert {fault.family for fault in FAULTS} == FAMILIES
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)


def test_most_are_shown_and_most_of_these_are_rejected() -> None:
    shown = [fault for fault in SAMPLE if fault.witness(fault.build())]
    assert len(shown) >= 0.85 * len(SAMPLE)
    checks = kill_order("RadixTree", "numpy", "small")
    survivors = [
        fault.name for fault in shown[:12] if hunt(Subject(CONTRACT, fault.build(), "numpy"), checks) is None
    ]
    assert len(survivors) <= 1, survivors


@pytest.mark.parametrize("fault", [SAMPLE[0], SAMPLE[1]], ids=lambda fault: fault.name)
def test_a_fault_without_its_effect_is_none(fault: ObjectFault) -> None:
    harmless = replace(fault, effect=replace(fault.effect, run=lambda call: call.make()))
    assert not harmless.witness(harmless.build())


def test_each_object_has_a_history_of_its_own() -> None:
    second = next(fault for fault in FAULTS if fault.name == "match: call 2: an exception")
    tree, other = second.build()(), second.build()()
    tree.match([1])
    other.match([1])
    with pytest.raises(RuntimeError):
        tree.match([1])


@pytest.mark.parametrize("form", ["int32", "uint8", "reversed"])
def test_what_is_observed_is_the_same_again(form: str) -> None:
    situation = Situation(page_size=2, form=form, locks=3, hits=2, depth=3, namespaces=("a", None))
    assert observe(CONTRACT.oracle, situation, "match") == observe(CONTRACT.oracle, situation, "match")


def test_an_oracle_that_is_no_class_is_refused() -> None:
    with pytest.raises(TypeError, match="oracle must be a class"):
        next(faults(replace(CONTRACT, oracle=lambda: None)))
