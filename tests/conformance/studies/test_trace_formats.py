"""The trace formats: what is read, and which line is named when it cannot be."""

import json
from pathlib import Path
from typing import Any

import pytest

from draftproof.conformance.diagnostic import DiagnosticError
from draftproof.conformance.studies.prefix.formats import read_trace
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
