"""Times of host trees: what is timed is right, and every act has its row."""

import pytest

from draftproof.conformance.diagnostic import DiagnosticError
from draftproof.conformance.timing import objects
from draftproof.conformance.timing.objects import ACTS, host_rows
from draftproof.properties.backend import Backend

HOST = "draftproof.optimized.host"


@pytest.fixture(autouse=True)
def few_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "ROUNDS", 2)


def test_every_act_is_timed_beside_the_oracle() -> None:
    if reason := Backend.load(HOST).unavailable:
        pytest.skip(f"unavailable: {reason}")
    rows = list(host_rows([HOST, "draftproof.optimized.eager"]))
    assert [row.case for row in rows] == [str(act.case) for act in ACTS]
    assert {row.backend for row in rows} == {"host"}
    for row in rows:
        assert 0 < row.lowest <= row.microseconds <= row.highest
        assert row.ratio_to_eager is not None
        assert row.ratio_to_eager < 1


def test_no_time_is_quoted_for_a_wrong_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "ACTS", [act for act in ACTS if act.name == "evict"])
    with pytest.raises(DiagnosticError, match="evict_overshoots is wrong on the timed inputs"):
        list(host_rows(["draftproof.properties.mutants.radix_tree.evict_overshoots"]))
