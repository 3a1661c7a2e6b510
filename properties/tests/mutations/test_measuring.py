"""The suite is held against mutations one by one: what is wrong is rejected, what hangs is cut."""

import time
from dataclasses import replace

import pytest

from draftproof.properties.faults.mutations import Mutation, measure, measuring, mutations
from draftproof.properties.faults.mutations.loading import load

pytest.importorskip("torch")

BROKEN = {
    "while True: pass": "hang",
    "import os; os._exit(3)": "crash",
    "return undefined_name": "admissible",
    "return (": "loading",
    "return b + a": None,
}


def returning(after: str) -> Mutation:
    (found,) = (mutation for mutation in mutations("vector_add") if mutation.kind == "return")
    return replace(found, after=after)


@pytest.mark.parametrize("after", BROKEN)
def test_whatever_it_does_there_is_an_outcome(after: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "mutations", lambda *_: (returning(after),))
    monkeypatch.setattr(measuring, "PATIENCE", 1.0)
    begun = time.monotonic()
    (outcome,) = measure("vector_add", budget="small")
    assert outcome.law == BROKEN[after]
    assert bool(outcome.finding) == (outcome.law is not None)
    assert time.monotonic() - begun < 30


@pytest.mark.parametrize(("operation", "share"), [("vector_add", 1.0), ("uniforms", 0.1)])
def test_mutations_of_cheap_operations_are_rejected(operation: str, share: float) -> None:
    outcomes = list(measure(operation, share=share, seed=1))
    assert outcomes
    for outcome in outcomes:
        assert outcome.law or outcome.equivalent, outcome


def test_at_a_time_they_become_what_they_become_alone() -> None:
    alone, together = (
        {outcome.mutation: outcome.law for outcome in measure("vector_add", jobs=jobs)} for jobs in (1, 3)
    )
    assert together == alone


def test_each_has_the_whole_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    hanging = returning("while True: pass")
    monkeypatch.setattr(
        measuring, "mutations", lambda *_: tuple(replace(hanging, text=str(n)) for n in range(3))
    )
    monkeypatch.setattr(measuring, "PATIENCE", 1.0)
    outcomes = list(measure("vector_add", budget="small", jobs=2))
    assert [outcome.law for outcome in outcomes] == ["hang"] * 3
    assert all(outcome.seconds >= 1.0 for outcome in outcomes)


def test_a_listed_equivalent_is_not_held_against_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "reason", lambda *_: "it is the same")
    outcomes = list(measure("vector_add", budget="small"))
    assert {outcome.equivalent for outcome in outcomes} == {"it is the same"}
    assert not any(outcome.law for outcome in outcomes)


def test_what_is_wrong_before_it_is_changed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = returning("return a - b")
    monkeypatch.setattr(measuring, "load", lambda operation, *_: load(operation, wrong))
    with pytest.raises(ValueError, match=r"vector_add of draftproof.optimized.eager must pass before"):
        next(measure("vector_add", budget="small"))


@pytest.mark.interpret
def test_a_kernels_mutations_are_rejected_in_the_interpreter() -> None:
    outcomes = list(measure("vector_add", package="draftproof.optimized.triton", share=0.05, budget="small"))
    assert any(outcome.law == "admissible" for outcome in outcomes)


def test_kernels_are_measured_in_the_interpreter_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRITON_INTERPRET", raising=False)
    with pytest.raises(RuntimeError, match="must be measured under TRITON_INTERPRET=1"):
        next(measure("vector_add", package="draftproof.optimized.triton"))
