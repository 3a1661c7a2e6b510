"""The trace formats: what is read, and which line is named when it cannot be."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from draftproof.conformance.diagnostic import DiagnosticError
from draftproof.conformance.studies.prefix import prefixes
from draftproof.conformance.studies.prefix.formats import read_trace
from draftproof.conformance.studies.prefix.numbering import RunNumbering
from draftproof.conformance.studies.prefix.prefixes import number_pages


def lines(path: Path, *values: object) -> Path:
    path.write_text("".join(json.dumps(value) + "\n" for value in values), encoding="utf-8")
    return path


def mooncake(length: int, *ids: int) -> dict[str, Any]:
    return {"timestamp": 0, "input_length": length, "output_length": 1, "hash_ids": list(ids)}


def session(name: str, *requests: tuple[float, int, list[list[int]]]) -> dict[str, Any]:
    entries = [{"t": t, "in": length, "out": 1, "sub": 0, "r": runs} for t, length, runs in requests]
    return {"id": name, "block_size": 64, "scope": "local", "requests": entries}


def test_a_mooncake_trace_has_blocks_of_one_size(tmp_path: Path) -> None:
    found = read_trace(lines(tmp_path / "a.jsonl", mooncake(1100, 0, 1, 2), mooncake(512, 0), mooncake(0)))
    assert found.name == "a"
    assert [request.blocks.tolist() for request in found.requests] == [[0, 1, 2], [0], []]
    assert [found.requests[0].covered(blocks) for blocks in range(4)] == [0, 512, 1024, 1100]
    # Another block size, and a recorder that drops the partial block.
    other, _ = read_trace(lines(tmp_path / "b.jsonl", mooncake(40, 7, 8), mooncake(70, *range(4)))).requests
    assert [other.covered(blocks) for blocks in range(3)] == [0, 16, 32]


def test_a_rag_trace_joins_its_parts_and_finds_their_lengths(tmp_path: Path) -> None:
    ids = {"user_input": [5], "sys_prompt": [1, 2], "passages_ids": [9], "history": [], "web_search": []}
    path = lines(tmp_path / "0_trace.jsonl", {"input_length": 110, "hash_ids": ids})
    (alone,) = read_trace(path).requests
    assert alone.blocks.tolist() == [0, 1, 2, 3]
    assert (alone.length, alone.covered(3)) == (4, 3)
    lines(tmp_path / "1_sys_prompt.jsonl", *({"sys_prompt_id": n, "token_length": 10 * n} for n in (1, 2)))
    lines(tmp_path / "2_passages.jsonl", {"passage_id": 9, "token_length": 50})
    lines(tmp_path / "4_user_input.jsonl", {"user_input_id": 5, "token_length": 20})
    (request,) = read_trace(path).requests
    assert [request.covered(blocks) for blocks in range(5)] == [0, 10, 30, 80, 100]
    assert request.length == 110
    assert read_trace(path).name == tmp_path.name


def test_sessions_run_side_by_side_and_share_nothing(tmp_path: Path) -> None:
    path = lines(
        tmp_path / "s.jsonl",
        session("b", (0.0, 130, [[1, 2]]), (5, 200, [[1, 2], [7, 1]])),
        session("a", (0.0, 64, [[1, 1]]), (9.5, 128, [[1, 2]])),
    )
    requests = read_trace(path).requests
    assert [(each.session, each.blocks.tolist()) for each in requests] == [
        ("a", [0]),
        ("b", [0, 1]),
        ("b", [0, 1, 2]),
        ("a", [0, 1]),
    ]
    assert number_pages(requests, 1).known.tolist() == [0, 0, 2, 1]


RIGHT = mooncake(600, 1, 2)


@pytest.mark.parametrize(
    ("second", "complaint"),
    [
        ("{", "line 3: expected JSON"),
        (3, "line 3: expected input_length to be a non-negative integer, got null"),
        ({**RIGHT, "input_length": -1}, "line 3: expected input_length to be a non-negative integer, got -1"),
        ({**RIGHT, "input_length": True}, "line 3: expected input_length"),
        ({**RIGHT, "hash_ids": [1.5, 2]}, "line 3: expected hash_ids to be a list of ids of 64 bits"),
        ({**RIGHT, "hash_ids": [2**64, 2]}, "line 3: expected hash_ids to be a list of ids of 64 bits"),
        ({**RIGHT, "hash_ids": {}}, "line 3: expected hash_ids to be a list of ids of 64 bits, got {}"),
        (mooncake(600, *range(9)), "line 3: expected as many hash_ids as 600 tokens have"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, second: object, complaint: str) -> None:
    text = second if isinstance(second, str) else json.dumps(second)
    path = tmp_path / "bad.jsonl"
    path.write_text(f"{json.dumps(RIGHT)}\n\n{text}\n{json.dumps(RIGHT)}\n{json.dumps(RIGHT)}\n")
    with pytest.raises(DiagnosticError, match="trace-format") as caught:
        read_trace(path)
    assert f"bad.jsonl, {complaint}" in str(caught.value)


@pytest.mark.parametrize(
    "first",
    [
        [],
        {"prompt": "x"},
        {"hash_ids": {"unknown": [1]}},
        {**session("a"), "block_size": 0},
        {**session("a"), "id": 3},
        session("a", (0.0, 64, [[1]])),
        session("a", (0.0, 64, [[2**64 - 1, 1], [2**64 - 1, 2]])),
        {"id": "a", "block_size": 64, "requests": [{"in": 3, "r": []}]},
    ],
)
def test_no_other_format_is_taken_for_one(tmp_path: Path, first: object) -> None:
    with pytest.raises(DiagnosticError, match=r"x\.jsonl, line 1: expected"):
        read_trace(lines(tmp_path / "x.jsonl", first))


def test_a_rag_block_without_a_length_is_an_error(tmp_path: Path) -> None:
    lines(tmp_path / "3_history.jsonl", {"history_id": 1, "token_length": 2})
    path = lines(tmp_path / "t.jsonl", {"input_length": 9, "hash_ids": {"history": [1, 4]}})
    with pytest.raises(DiagnosticError, match=r"t\.jsonl, line 1: expected ids whose token_length .* got 4"):
        read_trace(path)


def test_an_empty_or_unreadable_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("\n")
    (tmp_path / "bytes.jsonl").write_bytes(b"\xff\xfe")
    for name in ("empty", "bytes"):
        with pytest.raises(DiagnosticError, match=name):
            read_trace(tmp_path / f"{name}.jsonl")


def found(path: Path, block_size: int | None = None) -> tuple[int, int]:
    """Return how many tokens an infinite cache finds, and of how many."""
    requests = read_trace(path, block_size).requests
    known = number_pages(requests, 1).known.tolist()
    covered = sum(request.covered(n) for request, n in zip(requests, known, strict=True))
    return covered, sum(request.length for request in requests)


def test_one_id_with_two_lengths_is_two_blocks(tmp_path: Path) -> None:
    # 347 tokens are stored, and 512 were counted as found: 59.6 %.
    last = lines(
        tmp_path / "last.jsonl", mooncake(347, 7), mooncake(512, 7), mooncake(859, 8, 9), mooncake(347, 7)
    )
    assert found(last) == (347, 347 + 512 + 859 + 347)
    first = lines(
        tmp_path / "first.jsonl", mooncake(512, 7), mooncake(600, 7, 8), mooncake(600, 7, 8), mooncake(347, 7)
    )
    assert found(first) == (512 + 600, 512 + 600 + 600 + 347)
    session_of = session("a", (0, 100, [[1, 2]]), (1, 128, [[1, 2]]), (2, 100, [[1, 2]]))
    assert found(lines(tmp_path / "session.jsonl", session_of)) == (64 + 100, 328)


def test_an_id_of_two_parts_has_the_length_of_its_part(tmp_path: Path) -> None:
    ids = {"sys_prompt": [1], "user_input": [1]}
    lines(tmp_path / "1_sys_prompt.jsonl", {"sys_prompt_id": 1, "token_length": 10})
    lines(tmp_path / "4_user_input.jsonl", {"user_input_id": 1, "token_length": 70})
    path = lines(
        tmp_path / "t.jsonl",
        {"input_length": 80, "hash_ids": {"sys_prompt": [1]}},
        {"input_length": 80, "hash_ids": ids},
    )
    assert found(path) == (10, 160)
    assert read_trace(path).requests[1].blocks.tolist() == [0, 1]
    lines(tmp_path / "3_history.jsonl", *({"history_id": 3, "token_length": n} for n in (4, 4, 5)))
    with pytest.raises(
        DiagnosticError, match=r"3_history\.jsonl, line 3: expected one token_length .* 3, as above 4, got 5"
    ):
        read_trace(path)


def test_a_request_has_no_more_blocks_than_its_tokens_fill(tmp_path: Path) -> None:
    # The first stores a block of 64 tokens, and the second found ten.
    path = lines(tmp_path / "s.jsonl", session("a", (0, 64, [[1, 10]]), (1, 640, [[1, 10]])))
    with pytest.raises(
        DiagnosticError, match=r"line 1: expected r to have at most 1 blocks of 64 for 64 tokens, got 10"
    ):
        read_trace(path)


def test_a_session_is_one_line(tmp_path: Path) -> None:
    path = lines(tmp_path / "s.jsonl", session("a"), session("b"), session("a"))
    with pytest.raises(DiagnosticError, match="line 3: expected an id that no session before has, got a"):
        read_trace(path)


@pytest.mark.parametrize("ids", [[2**63, 2**64 - 1, 5], [-(2**63), -1, 0], [-1, 2**64 - 1, 2**31]])
def test_ids_of_64_bits_are_numbered(ids: list[int], tmp_path: Path) -> None:
    first, second, third = ids
    path = lines(
        tmp_path / "m.jsonl",
        mooncake(32, first, second),
        mooncake(32, first, third),
        mooncake(32, second, first),
    )
    assert [request.blocks.tolist() for request in read_trace(path).requests] == [[0, 1], [0, 2], [1, 0]]
    runs = [[[start, 1] for start in (first, second)], [[first, 1], [third, 1]], [[second, 1]]]
    path = lines(tmp_path / "s.jsonl", session("a", *((n, 128, run) for n, run in enumerate(runs))))
    requests = [request.blocks.tolist() for request in read_trace(path).requests]
    assert requests[0][0] == requests[1][0] != requests[1][1]
    assert requests[2] == requests[0][1:]
    path = lines(tmp_path / "r.jsonl", {"input_length": 3, "hash_ids": {"history": ids}})
    assert read_trace(path).requests[0].blocks.tolist() == [0, 1, 2]


@given(st.lists(st.lists(st.tuples(st.integers(-20, 20), st.integers(0, 9)), max_size=4), max_size=5))
def test_runs_are_numbered_as_their_ids_are(asked: list[list[tuple[int, int]]]) -> None:
    numbering = RunNumbering([run for runs in asked for run in runs])
    numbers: dict[int, int] = {}
    for runs in asked:
        ids = [each for start, length in runs for each in range(start, start + length)]
        for each, number in zip(ids, numbering.number(runs).tolist(), strict=True):
            assert numbers.setdefault(each, number) == number
    assert sorted(numbers.values()) == list(range(len(numbers)))


def test_a_block_size_of_no_power_of_two_is_asked_for_and_advised(tmp_path: Path) -> None:
    requests = [mooncake(480, *range(10)), mooncake(100, 0, 1, 20), mooncake(1000, *range(30, 51))]
    path = lines(tmp_path / "m.jsonl", *requests)
    with pytest.raises(DiagnosticError, match="trace-format") as caught:
        read_trace(path)
    assert "hint: --block-size 46 fits all requests, as do sizes up to 49" in str(caught.value)
    last = read_trace(path, 48).requests[1]
    assert [last.covered(n) for n in range(4)] == [0, 48, 96, 100]
    with pytest.raises(
        DiagnosticError, match=r"line 2: .*blocks of one size \(--block-size 64\), got 10 ids"
    ) as caught:
        read_trace(lines(tmp_path / "n.jsonl", mooncake(64, 1), *requests), 64)
    with pytest.raises(DiagnosticError, match="--block-size is for Mooncake traces"):
        read_trace(lines(tmp_path / "s.jsonl", session("a")), 48)


@pytest.mark.parametrize(
    ("runs", "told"),
    [
        ([[0, 2**31 - 1]], "at most 1,048,576 blocks in one request, got 2,147,483,647"),
        ([[0, 2**20]] * 65, "at most 67,108,864 blocks, got 68,157,440"),
        ([[n * 2**20, 2**20] for n in range(5)], "at most 4,194,304 different blocks, got 5,242,880"),
    ],
)
def test_a_short_line_does_not_ask_for_all_memory(runs: list[list[int]], told: str, tmp_path: Path) -> None:
    path = lines(tmp_path / "s.jsonl", session("a", *((n, 2**40, [run]) for n, run in enumerate(runs))))
    with pytest.raises(DiagnosticError, match=rf"s\.jsonl: expected a trace of {told}"):
        read_trace(path)


def test_prefixes_are_bounded_however_few_their_blocks_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prefixes, "MOST_DISTINCT", 2**12)
    asked = [(n, 2**40, [[n, 1], [0, 2**10 - 1]]) for n in range(5)]
    requests = read_trace(lines(tmp_path / "s.jsonl", session("a", *asked))).requests
    with pytest.raises(DiagnosticError, match="at most 4,096 different prefixes"):
        number_pages(requests, 1)


def test_a_packed_trace_is_read_as_the_trace(tmp_path: Path) -> None:
    plain = lines(tmp_path / "chats.jsonl", mooncake(1100, 0, 1, 2), mooncake(1024, 0, 1))
    packed = tmp_path / "chats.jsonl.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert read_trace(packed).name == read_trace(plain).name == "chats"
    assert found(packed) == found(plain) == (1024, 2124)
