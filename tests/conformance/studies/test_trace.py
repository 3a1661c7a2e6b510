"""``draftproof trace``: the replay against exact simulation, the ceiling, the command, the page."""

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from draftproof import reference
from draftproof.conformance.cli.commands import trace
from draftproof.conformance.cli.main import main
from draftproof.conformance.studies.prefix import belady, docs_page, exact_cache
from draftproof.conformance.studies.prefix import replay as replaying
from draftproof.conformance.studies.prefix.formats import Request, Trace, read_trace
from draftproof.conformance.studies.prefix.picture import select_conversations
from draftproof.conformance.studies.prefix.prefixes import number_pages
from draftproof.conformance.studies.prefix.replay import find_fastest_tree, replay
from draftproof.conformance.studies.prefix.study import POLICIES
from draftproof.conformance.studies.prefix.tables import load_studies
from draftproof.optimized.compiled import BuildError

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "examples"))

import chat_trace  # noqa: E402

REAL = ROOT.parent / "shared" / "data" / "traces"
present = pytest.mark.skipif(not REAL.is_dir(), reason="the recorded traces lie beside the checkout only")
CONVERSATION = REAL / "mooncake" / "conversation_trace.jsonl"
FILES = (
    CONVERSATION,
    REAL / "mooncake" / "synthetic_trace.jsonl",
    REAL / "ragpulse" / "0_trace.jsonl",
    REAL / "claude_code" / "sessions_rle_120.jsonl",
)
LRU_OF_CONVERSATION = {1000: 4.5, 3000: 6.7, 10_000: 21.6, 30_000: 33.2, 100_000: 37.1}
"""Per cent of the tokens, as published with the data; 37.4 without a limit."""


def lines(path: Path, *values: object) -> Path:
    path.write_text("".join(json.dumps(value) + "\n" for value in values), encoding="utf-8")
    return path


def mooncake(length: int, *ids: int) -> dict[str, Any]:
    return {"timestamp": 0, "input_length": length, "output_length": 1, "hash_ids": list(ids)}


@pytest.fixture(scope="module")
def chats(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lines(tmp_path_factory.mktemp("chats") / "chats.jsonl", *chat_trace.requests(60, seed=1))


def made(seed: int, page_size: int) -> list[Request]:
    """Return requests of two sessions that share long prefixes, some with a partial last page."""
    generator = np.random.default_rng(seed)
    found: list[Request] = []
    for _ in range(120):
        asked = str(generator.integers(2))
        older = [each.blocks for each in found if each.session == asked]
        start = older[generator.integers(len(older))] if older else np.zeros(0, dtype=np.int32)
        start = start[: generator.integers(len(start) + 1)]
        blocks = np.concatenate([start, generator.integers(3, size=generator.integers(4 * page_size))])
        found.append(Request(blocks.astype(np.int32), len(blocks), 1, asked))
    return found


@pytest.mark.parametrize("page_size", [1, 4])
@pytest.mark.parametrize("policy", POLICIES)
def test_the_tree_finds_what_exact_simulation_finds(policy: str, page_size: int) -> None:
    for seed in range(3):
        requests = made(seed, page_size)
        pages = number_pages(requests, page_size)
        for capacity in (1, 7, len(pages.parents) // 3, len(pages.parents)):
            expected = exact_cache.simulate(pages, capacity, policy)
            got = replay(reference.RadixTree(page_size, policy), requests, page_size, capacity)
            assert got.hits.tolist() == expected.hits.tolist()
            assert got.evicted == expected.evicted
            assert expected.hits.sum() <= belady.compute_optimum(pages, capacity).sum()
        assert expected.hits.tolist() == pages.known.tolist()


def best_by_trying(requests: Sequence[Sequence[int]], parents: Sequence[int], capacity: int) -> int:
    """Return the most hits of all caches that keep prefixes whole, whatever they keep and drop."""
    reached: dict[frozenset[int], int] = {frozenset(): 0}
    for request in requests:
        after: dict[frozenset[int], int] = {}
        for cached, hits in reached.items():
            found = next((n for n, page in enumerate(request) if page not in cached), len(request))
            for kept in closed(cached | set(request), parents, capacity):
                after[kept] = max(after.get(kept, 0), hits + found)
        reached = after
    return max(reached.values())


def closed(pages: frozenset[int], parents: Sequence[int], capacity: int) -> set[frozenset[int]]:
    """Return every subset of at most ``capacity`` pages that has, with a page, those before it."""
    found = {frozenset[int]()}
    for page in sorted(pages):  # a page's number is above that of the page before it
        found |= {each | {page} for each in found if parents[page] < 0 or parents[page] in each}
    return {each for each in found if len(each) <= capacity}


@given(
    st.lists(st.lists(st.integers(0, 1), max_size=3), min_size=1, max_size=5),
    st.integers(0, 5),
)
def test_belady_is_the_best_that_any_cache_of_prefixes_can_do(asked: list[list[int]], capacity: int) -> None:
    requests = [Request(np.array(blocks, dtype=np.int32), len(blocks), 1) for blocks in asked]
    pages = number_pages(requests, 1)
    paths = [request.tolist() for request in pages.requests]
    best = best_by_trying(paths, pages.parents.tolist(), capacity)
    assert belady.compute_optimum(pages, capacity).sum() == best


def test_prefixes_are_numbered_alike_if_and_only_if_they_are_equal() -> None:
    requests = made(5, 2)
    pages = number_pages(requests, 2)
    prefixes: dict[int, tuple[object, ...]] = {}
    for request, own in zip(requests, pages.requests, strict=True):
        for depth, page in enumerate(own.tolist(), 1):
            prefix = (request.session, *request.blocks[: 2 * depth].tolist())
            assert prefixes.setdefault(page, prefix) == prefix
    assert len(set(prefixes.values())) == len(prefixes) == len(pages.parents)


@present
def test_the_published_ratios_are_reproduced() -> None:
    found = read_trace(CONVERSATION)
    pages = number_pages(found.requests, 1)
    tokens = sum(request.length for request in found.requests)

    def percent(hits: np.ndarray) -> float:
        covered = sum(r.covered(n) for r, n in zip(found.requests, hits.tolist(), strict=True))
        return round(100 * covered / tokens, 1)

    name, make_tree = find_fastest_tree()
    for capacity, ratio in LRU_OF_CONVERSATION.items():
        expected = exact_cache.simulate(pages, capacity, "lru")
        assert percent(expected.hits) == ratio
        if name != "reference" and capacity in (1000, 30_000):  # the oracle would take minutes
            got = replay(make_tree(1, "lru"), found.requests, 1, capacity)
            np.testing.assert_array_equal(got.hits, expected.hits)
            assert got.evicted == expected.evicted
    assert percent(pages.known) == 37.4


@present
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name + "-" + path.stem)
def test_real_requests_are_replayed_exactly_under_every_policy(path: Path) -> None:
    requests = read_trace(path).requests
    few = int(np.searchsorted(np.cumsum([len(request.blocks) for request in requests]), 10_000))
    requests = requests[: max(few, 50)]
    pages = number_pages(requests, 1)
    _, make_tree = find_fastest_tree()
    for policy in POLICIES:
        for capacity in (len(pages.parents) // 20, len(pages.parents) // 3):
            expected = exact_cache.simulate(pages, capacity, policy)
            for tree in (make_tree(1, policy), reference.RadixTree(1, policy)):
                got = replay(tree, requests, 1, capacity)
                np.testing.assert_array_equal(got.hits, expected.hits)
                assert got.evicted == expected.evicted


Draftproof = Callable[..., int]


@pytest.fixture
def draftproof(monkeypatch: pytest.MonkeyPatch) -> Draftproof:
    def run(*words: object) -> int:
        monkeypatch.setattr(sys, "argv", ["draftproof", "trace", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0)

    return run


def test_the_command_prints_json(
    draftproof: Draftproof, chats: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("--policy", "lru", "--policy", "lfu", "--capacity", 40, "--capacity", 400)
    assert draftproof(chats, *asked, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    (study,) = told["studies"]
    assert study["trace"] == "chats"
    outcomes = {(each["policy"], each["capacity"]): each for each in study["outcomes"]}
    assert set(outcomes) == {(name, n) for name in ("lru", "lfu", "belady") for n in (40, 400)}
    for (policy, capacity), outcome in outcomes.items():
        assert outcome["exact"] is (None if policy == "belady" else True)
        assert 0 < outcome["hits"]["blocks"] <= outcomes["belady", capacity]["hits"]["blocks"]
        assert outcome["hits"]["blocks"] <= study["infinite"]["blocks"]
    assert 0.5 < study["infinite"]["tokens"] < 1


def test_the_command_reports_and_draws(
    draftproof: Draftproof, chats: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in ("a", "b"):
        assert draftproof(chats, "--page-size", 2, "--report", tmp_path / folder, "--draw", 12) == 0
    printed = capsys.readouterr().out
    assert "belady" in printed
    assert all(policy in printed for policy in POLICIES)
    written = {path.name for path in (tmp_path / "a").iterdir()}
    assert written == {"traces.md", "traces.svg", "traces.json", "tree.svg"}
    for name in ("traces.svg", "tree.svg"):
        first, second = ((tmp_path / folder / name).read_bytes() for folder in ("a", "b"))
        assert first == second
        assert b"<svg" in first
    text = (tmp_path / "a" / "traces.md").read_text(encoding="utf-8")
    assert "`draftproof trace chats.jsonl --page-size 2 --draw 12 --report DIR`" in text
    drawn = (tmp_path / "a" / "tree.svg").read_text(encoding="utf-8")
    assert ">before<" in drawn
    assert ">after<" in drawn
    for letter in "LKE":
        assert f">{letter} " in drawn


def test_a_tree_that_evicts_the_wrong_leaf_fails(
    draftproof: Draftproof, chats: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def wrong(page_size: int, _: str) -> reference.RadixTree:
        return reference.RadixTree(page_size, "mru")

    monkeypatch.setattr(trace, "find_fastest_tree", lambda: ("wrong", wrong))
    assert draftproof(chats, "--policy", "lru", "--capacity", 100) == 1
    assert "chats, lru, 100 blocks: not what exact simulation finds" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--capacity", "3", "--page-size", "4"), "a capacity of 3 holds no page of 4"),
        (("--draw", "5"), "--draw needs a folder"),
        (("--policy", "newest"), "newest"),
        (("--capacity", "0"), "--capacity"),
        (("--page-size", "99999999999"), "--page-size"),
        (("--block-size", "0"), "--block-size"),
        (("--block-size", "7"), "--block-size"),
    ],
)
def test_nonsense_is_refused(
    draftproof: Draftproof, chats: Path, words: Sequence[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert draftproof(chats, *words) == 2
    assert told in capsys.readouterr().err


def test_a_capacity_beyond_all_memory_is_an_infinite_cache(
    draftproof: Draftproof, chats: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert draftproof(chats, "--policy", "lru", "--capacity", 10**15, "--json") == 0
    (study,) = json.loads(capsys.readouterr().out)["studies"]
    assert study["outcomes"][0]["hits"] == study["infinite"]


def test_a_block_size_of_48_is_replayed(
    draftproof: Draftproof, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = lines(tmp_path / "m.jsonl", *(mooncake(480 + n, *range(2**63, 2**63 + 11)) for n in (1, 1, 48)))
    asked = ("--block-size", 48, "--capacity", 20, "--policy", "lru", "--json", "--report", tmp_path)
    assert draftproof(path, *asked) == 0
    (study,) = json.loads(capsys.readouterr().out)["studies"]
    assert study["infinite"]["tokens"] == pytest.approx((481 + 480) / (481 + 481 + 528))
    assert "--block-size 48" in (tmp_path / "traces.md").read_text()


def test_a_compiler_that_fails_is_said(
    draftproof: Draftproof, chats: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise BuildError("c++ hung on radix_tree.cpp")

    monkeypatch.setattr(replaying.host, "unavailable", lambda: None)
    monkeypatch.setattr(replaying.host, "RadixTree", fail)
    assert draftproof(chats) == 2
    assert "the native tree cannot be built: c++ hung on radix_tree.cpp" in capsys.readouterr().err


def test_a_file_that_is_no_trace_is_refused(
    draftproof: Draftproof, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert draftproof(lines(tmp_path / "x.jsonl", {"prompt": "hello"})) == 2
    assert "x.jsonl, line 1: expected an object with hash_ids" in capsys.readouterr().err
    assert draftproof(tmp_path / "absent.jsonl") == 2


def test_a_trace_of_nothing_is_replayed(draftproof: Draftproof, tmp_path: Path) -> None:
    assert draftproof(lines(tmp_path / "n.jsonl", mooncake(0)), "--report", tmp_path, "--draw", 3) == 0


def test_only_requests_that_belong_together_are_drawn() -> None:
    def request(*blocks: int) -> Request:
        return Request(np.array(blocks, dtype=np.int32), len(blocks), 1)

    alone = [request(0, 100 + n) for n in range(40)]
    twice = [request(0, 1, 2), request(0, 1, 3)]
    chosen = select_conversations(Trace("t", [alone[0], twice[0], *alone[1:], twice[1]]), 5)
    assert [each.blocks.tolist() for each in chosen] == [[0, 1, 2], [0, 1, 3]]


def test_the_page_follows_from_replays_that_were_exact() -> None:
    for path, text in docs_page.render_docs_page(ROOT).items():
        assert path.read_text(encoding="utf-8") == text, "draftproof badge makes it anew"
    studies = load_studies(json.loads((ROOT / docs_page.STUDIES).read_text(encoding="utf-8")))
    for study in studies:
        assert study.cost is not None
        assert study.cost.worst <= 1
        for outcome in study.outcomes:
            best = study.line("belady")[outcome.capacity].hits.blocks
            assert outcome.hits.blocks <= best <= study.infinite.blocks
            assert outcome.exact is (None if outcome.policy == "belady" else True)
    (conversation,) = [study for study in studies if study.trace == CONVERSATION.stem]
    found = {n: round(100 * each.hits.tokens, 1) for n, each in conversation.line("lru").items()}
    assert found == LRU_OF_CONVERSATION
