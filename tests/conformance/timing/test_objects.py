"""Times of objects of the host: what is timed is right, and every act has its row."""

from dataclasses import replace

import pytest

from draftproof.conformance.diagnostic import DiagnosticError
from draftproof.conformance.timing import objects
from draftproof.conformance.timing.objects import time_objects
from draftproof.properties.backend import Backend
from draftproof.properties.contracts.prefix.radix_tree import RADIX_TREE

HOST = "draftproof.optimized.host"
WRONG = "draftproof.properties.mutants.radix_tree.evict_overshoots"


@pytest.fixture(autouse=True)
def few_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "ROUNDS", 2)


def test_every_act_is_timed_beside_the_oracle() -> None:
    if reason := Backend.load(HOST).unavailable:
        pytest.skip(f"unavailable: {reason}")
    rows = list(time_objects(RADIX_TREE, [HOST, "draftproof.optimized.eager"]))
    assert [row.case for row in rows] == [str(act.case) for act in RADIX_TREE.acts]
    assert {row.backend for row in rows} == {"host"}
    for row in rows:
        assert 0 < row.lowest <= row.microseconds <= row.highest
        assert row.ratio_to_eager is not None
        assert row.ratio_to_eager < 1


def test_no_time_is_quoted_for_a_wrong_tree() -> None:
    evict = [act for act in RADIX_TREE.acts if act.case.options["act"] == "evict"]
    with pytest.raises(DiagnosticError, match="evict_overshoots is wrong on the timed inputs"):
        list(
            time_objects(
                replace(RADIX_TREE, acts=tuple(evict)),
                ["draftproof.properties.mutants.radix_tree.evict_overshoots"],
            )
        )
