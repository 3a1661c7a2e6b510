"""Mutated files: no traceback, no hang, no memory beyond a stated bound. ``nox -s fuzz`` does this for long.

Each test takes a right file, changes it at random (its bytes, its lines, its values), and reads it as a
command would, to the end. What is no DiagnosticError of a few short lines is a fault.
"""

import json
import random
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from draftproof import reference
from draftproof.conformance.diagnostic import DiagnosticError
from draftproof.conformance.evidence import store
from draftproof.conformance.evidence.freshness import Today
from draftproof.conformance.evidence.records import Evidence
from draftproof.conformance.reading.mutation import change_number, mutate, shuffle_lines, splice
from draftproof.conformance.reporting import badge, charts, matrix, page, report
from draftproof.conformance.reporting.records import Footer, Report
from draftproof.conformance.running import request, waivers
from draftproof.conformance.studies.prefix.formats import read_trace
from draftproof.conformance.studies.prefix.study import plan_replays, study_trace
from draftproof.properties.cases.plan import cases
from draftproof.properties.contracts import CONTRACTS
from draftproof.properties.core.case import Case

pytestmark = pytest.mark.timeout(3600)  # of nightly's examples

MEMORY = 2**30
"""Bytes that reading a mutated file may take, beyond what the process has."""
SECONDS = 30
"""How long it may take, on a machine that does other things as well."""

TRACES = {
    "mooncake": [{"timestamp": n, "input_length": 1024 + n, "hash_ids": [0, 1, n]} for n in range(2, 6)],
    "rag": [{"input_length": 90, "hash_ids": {"sys_prompt": [1], "history": [n, 3]}} for n in range(3)],
    "sessions": [
        {
            "id": name,
            "block_size": 64,
            "requests": [{"t": 0.5, "in": 640, "r": [[1, 2], [n, 5]]} for n in (7, 9)],
        }
        for name in "ab"
    ],
}
WAIVERS = """
[[waiver]]
operation = "sample"
case  = "sample/*/float32/*"  # a pattern
kind  = "wrong"
issue = "https://example.org/project/issues/17"
until = 2027-02-01
note  = "accepts with <= instead of <"
"""


@contextmanager
def limited_memory() -> Iterator[None]:
    """Let allocations fail beyond ``MEMORY``."""
    if sys.platform != "linux":
        yield
        return
    held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (held + MEMORY, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def survive(read: Callable[[], object]) -> None:
    """Read something; fail for anything but success or one short complaint, in time."""
    began, said = time.monotonic(), None
    with limited_memory():
        try:
            read()
        except DiagnosticError as error:
            said = error
    assert time.monotonic() - began < SECONDS
    if said is not None:
        assert len(said.message) < 1000
        assert said.message.isprintable()
        assert len(str(said)) < 4000


def fuzzed(test: Callable[..., None]) -> Callable[..., None]:
    """Give a test seeds; the profile says how many."""
    # A seed says nothing by its size: there is nothing to shrink.
    slow = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
    return slow(given(seed=st.integers(0, 2**63))(test))


@pytest.mark.parametrize("kind", TRACES)
@fuzzed
def test_fuzz_traces(kind: str, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    body = b"".join(json.dumps(line).encode() + b"\n" for line in TRACES[kind])
    lengths = b"".join(b'{"history_id": %d, "token_length": 20}\n' % n for n in range(4))
    (tmp_path / "3_history.jsonl").write_bytes(mutate(chance, lengths) if chance.random() < 0.3 else lengths)
    (tmp_path / "1_sys_prompt.jsonl").write_bytes(b'{"sys_prompt_id": 1, "token_length": 40}')
    path = tmp_path / "trace.jsonl"
    path.write_bytes(mutate(chance, body))
    survive(lambda: use_trace(path, 48 if chance.random() < 0.05 else None))


def use_trace(path: Path, block_size: int | None) -> None:
    trace = read_trace(path, block_size)
    pages, _ = plan_replays(trace, [4], 1)
    if sum(map(len, pages.requests)) < 2000:
        study = study_trace(trace, pages, [4], ["lru"], 1, reference.RadixTree, lambda *_: None)
        best = study.line("belady")[4].hits
        assert study.line("lru")[4].exact
        assert study.line("lru")[4].hits.blocks <= best.blocks <= study.infinite.blocks <= 1
        assert 0 <= study.infinite.tokens <= 1


@fuzzed
def test_fuzz_reports(reports: tuple[Report, ...], tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    whole = replace(reports[1], results=reports[1].results[:9], benches=reports[1].benches[:3])
    whole = replace(whole, footer=Footer(dict(Counter(each.state.value for each in whole.results)), 1.0))
    path = tmp_path / "report.jsonl"
    with report.ReportWriter(path, whole.header) as writer:
        for result in whole.results:
            writer.result(result)
        for row in whole.benches:
            writer.bench(row)
    path.write_bytes(mutate(chance, path.read_bytes()))
    survive(lambda: use_report(path, drawn=chance.random() < 0.02))


def use_report(path: Path, drawn: bool) -> None:
    found = report.combine([report.read(path)])
    table = matrix.Matrix.from_reports(found)
    matrix.markdown(table).encode()
    badge.svg(table.score, found[0].header.suite.budget, "cpu").encode()
    charts.markdown(found[0].benches).encode()
    shown = found if drawn else [replace(found[0], benches=())]  # a chart takes a second
    page.render(shown, (), {}, {}).encode()


@fuzzed
def test_fuzz_evidence(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    path = tmp_path / "RadixTree.json"
    path.write_bytes(mutate(chance, evidence()))
    survive(lambda: use_evidence(path))


@cache
def evidence() -> bytes:
    """Return a part of what is recorded."""
    (path,) = store.FOLDER.glob("*h100*/RadixTree.json")
    document = json.loads(path.read_bytes())
    return json.dumps(
        {**document, "bench": document["bench"][:3], "mutants": document["mutants"][:3]}
    ).encode()


@cache
def today() -> Today:
    return Today()


def use_evidence(path: Path) -> None:
    found = store.load(path)
    table = matrix.Matrix.from_evidence(Evidence(found.device, (found,)), today())
    matrix.markdown(table).encode()
    charts.markdown([each.bench for each in found.bench]).encode()
    store.save(found, path.parent / "again")


@fuzzed
def test_fuzz_waivers(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    path = tmp_path / "waivers.toml"
    body = WAIVERS.encode()
    for _ in range(chance.randint(1, 4)):
        body = splice(chance, shuffle_lines(chance, body) if chance.random() < 0.1 else body)
    path.write_bytes(body)
    known = [f"sample/B={n},V=33/float32/-/seed={n}/-" for n in range(100)]
    survive(lambda: waivers.load(path, known, date(2026, 11, 22)))


@cache
def case_lines() -> list[tuple[str, str]]:
    """Return a case of each law of each operation."""
    laws = [(contract, law) for contract in CONTRACTS.values() for law in contract.laws]
    first = (
        (law.name, next(iter((law.cases or cases)(contract, "cpu", "small", 0)), None))
        for contract, law in laws
    )
    return [(name, str(case)) for name, case in first if case is not None]


@fuzzed
def test_fuzz_case_lines(seed: int) -> None:
    chance = random.Random(seed)
    law, line = chance.choice(case_lines())
    body = line.encode()
    for _ in range(chance.randint(1, 3)):
        body = splice(chance, body) if chance.random() < 0.5 else change_number(chance, body)
    text = body.decode("utf-8", "surrogateescape")  # as the shell hands it over
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(request, "MOST_ELEMENTS", 1e6)  # of its own it allows for 8 GB
        survive(lambda: use_case(text, law))


def use_case(text: str, law: str) -> None:
    case, _ = request.parse_request(text, law)
    assert Case.parse(str(case)) == case
