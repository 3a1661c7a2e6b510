"""A campaign records what is stale, no more, and goes on where it stopped."""

import json
import math
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from draftproof.conformance.evidence import book as books
from draftproof.conformance.evidence import campaign as campaigns
from draftproof.conformance.evidence.book import Book
from draftproof.conformance.evidence.campaign import Campaign, describe_run
from draftproof.conformance.evidence.freshness import Today
from draftproof.conformance.evidence.machine import describe_machine
from draftproof.conformance.evidence.records import Evidence
from draftproof.conformance.evidence.store import load, save
from draftproof.conformance.reporting.records import Result
from draftproof.conformance.running.scope.selection import TIME_OVER
from draftproof.properties.contracts import CONTRACTS
from draftproof.properties.core.verdict import State
from draftproof.properties.laws.shared.concurrency import TWO_GRAPHS, TWO_STREAMS
from draftproof.properties.laws.shared.device import MEMORY
from draftproof.properties.laws.shared.functions import SHARED
from draftproof.properties.laws.shared.offsets import LARGE_OFFSETS
from draftproof.properties.mutants import MUTANTS

EAGER = "draftproof.optimized.eager"
Start = Callable[..., tuple[Campaign, list[str]]]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Prepare a campaign of one operation in one backend on the processor, with one mutant."""
    one = {"tail_not_written": MUTANTS["tail_not_written"]}
    for module in (books, campaigns):
        monkeypatch.setattr(module, "MUTANTS", one)
    run = replace(describe_run(describe_machine()), budget="small")

    def prepare(deadline: float = math.inf) -> tuple[Campaign, list[str]]:
        said: list[str] = []
        today = Today(contracts={"vector_add": CONTRACTS["vector_add"]})
        book = Book("cpu", tmp_path, run, today)
        return Campaign(book, {EAGER: "cpu"}, deadline, said.append, jobs=2), said

    return prepare


def test_what_is_stale_is_recorded_and_no_more(start: Start, tmp_path: Path) -> None:
    late, _ = start(time.monotonic())
    assert late.run().left == 2
    assert not list(tmp_path.glob("*/*.json"))

    first, said = start()
    spent = first.run()
    assert (spent.judged, spent.timed, spent.mutants, spent.left) == (1, 0, 1, 0)
    assert said[0] == "due: 1 pairs of operation and backend to judge, 0 to time, 1 mutants"
    path = tmp_path / "cpu" / "vector_add.json"
    known = load(path)
    (row,) = known.rows
    assert (row.backend, row.dtype, row.state, row.device) == ("eager", "float32", "pass", "cpu")
    assert row.laws["admissible"] == {"pass": 36}
    assert row.laws["forgiveness"] == {"pass": 1}
    assert row.seconds > 0
    assert "fully written" in known.mutants[0].mutant.laws

    again, _ = start()
    spent = again.run()
    assert (spent.judged, spent.mutants, spent.left) == (0, 0, 0)

    document = json.loads(path.read_text())
    document["rows"][0]["cases"] = "sha256:" + 64 * "0"
    path.write_text(json.dumps(document))
    third, _ = start()
    spent = third.run()
    assert (spent.judged, spent.mutants) == (1, 0)
    assert load(path).rows[0].cases == row.cases


class FakeCrew:
    """Answers at once, and remembers what it was asked; ``cut`` is a backend for which there was no time."""

    def __init__(self, cut: str = "") -> None:
        self.cut = cut
        self.asked: list[tuple[list[str], int | None]] = []
        self.hellos: dict[str, Any] = dict.fromkeys(
            (EAGER, "draftproof.optimized.triton"), type("Hello", (), {"device": "cuda"})
        )

    def work(self, due: Any, jobs: int | None = None) -> Any:
        self.asked.append(([check.law.name for checks in due.values() for check in checks], jobs))
        for module, checks in due.items():
            for check in checks:
                state = State.NOT_RUN if module.endswith(f".{self.cut}") else State.PASS
                reason = TIME_OVER if state is State.NOT_RUN else ""
                case = check.case
                yield (
                    module,
                    Result(case.operation, case.dtype, check.law.name, str(case), state, reason=reason),
                )


@pytest.mark.parametrize("cut", ["", "triton"])
def test_laws_that_need_the_device_come_last_and_alone(start: Start, tmp_path: Path, cut: str) -> None:
    campaign, _ = start()
    campaign._names["triton"] = "draftproof.optimized.triton"
    plan = campaigns.plan(CONTRACTS["vector_add"], "cuda", "small", 0)
    crew = FakeCrew(cut)
    pairs = {("vector_add", backend): plan for backend in ("eager", "triton")}
    assert campaign._judge_wave(crew, pairs) == (1 if cut else 2)  # type: ignore[arg-type]
    (together, jobs), (alone, one) = crew.asked
    assert (jobs, one) == (None, 1)
    assert set(alone) == {"two streams", "two graphs", "memory"}
    assert not set(together) & set(alone)
    rows = load(tmp_path / "cpu" / "vector_add.json").rows
    assert {row.backend for row in rows} == {"eager", "triton"} - {cut}


def test_which_laws_need_the_device_alone() -> None:
    assert [law for law in SHARED if law.alone] == [TWO_STREAMS, TWO_GRAPHS, MEMORY, LARGE_OFFSETS]


def test_an_operation_stays_in_one_wave(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaigns, "WAVE", 5)
    planned: Any = {(operation, backend): [0] * 2 for operation in "abc" for backend in "xy"}
    waves = [[operation for operation, _ in wave] for wave in campaigns._waves(planned)]
    assert waves == [["a", "a", "b", "b"], ["c", "c"]]


def test_everything_is_forgotten_only_when_asked_for(start: Start, tmp_path: Path) -> None:
    campaign, _ = start()
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu" / "old.json").write_text("{}")
    campaign.book.clear()
    assert not (tmp_path / "cpu").exists()


def test_what_is_gone_is_dropped(evidence: Evidence, tree: Any, tmp_path: Path) -> None:
    for operation in evidence.operations:
        save(operation, tmp_path / "kept")
    (tree.root / "optimized/cupy/sampling/sample.py").unlink()
    today = tree.look()
    contracts = {name: contract for name, contract in today.contracts.items() if name != "uniforms"}
    book = Book(evidence.device, tmp_path / "kept", evidence.rows[0].run, replace(today, contracts=contracts))
    book.prune()
    kept = {path.stem for path in book.path.iterdir()}
    assert kept == set(tree.places) - {"uniforms"}
    sample = load(book.path / "sample.json")
    assert {row.backend for row in sample.rows} == {"eager", "triton", "cuda"}
    assert not sample.bench  # their shapes are made up, so nobody asks for them
    assert not load(book.path / "verify_chain.json").mutants
