"""Recorded requests as cached blocks: three published trace formats, read and checked line by line.

All are JSON lines. A block is what a cache shares: some tokens of a prompt together with all before them.

- **Mooncake**: ``hash_ids`` is a list, one id per block; the block's size in tokens follows from the
  ``input_length`` of all requests (Qin et al. 2025, FAST).
- **RAGPulse**: ``hash_ids`` is an object of lists, joined in the order system prompt, passages, history,
  web search, user input. Each block has its own length, from the files that lie beside the trace; without
  them each counts as one token.
- **sessions**: one agent session per line, its requests' ids as runs ``[start, length]``. Ids mean
  something within their session only, so each session gets a namespace; sessions run side by side, each
  from time 0.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from draftproof.conformance.diagnostic import DiagnosticError

PARTS = ("sys_prompt", "passages_ids", "history", "web_search", "user_input")
"""The order in which RAGPulse's blocks make a prompt."""

LENGTHS = {
    "1_sys_prompt.jsonl": "sys_prompt_id",
    "2_passages.jsonl": "passage_id",
    "3_history.jsonl": "history_id",
    "4_user_input.jsonl": "user_input_id",
    "5_web_search.jsonl": "web_search_id",
}
"""The files beside a RAGPulse trace that say how many tokens a block has, and how each calls its ids."""

BLOCK_SIZES = tuple(2**power for power in range(12, -1, -1))
INT32 = 2**31


@dataclass(frozen=True, slots=True)
class Request:
    """One prompt."""

    blocks: np.ndarray
    """int32 [n]: the ids of its blocks, which a tree takes for tokens."""
    length: int
    """Tokens of the prompt."""
    ends: np.ndarray | int
    """int64 [n]: tokens up to each block's end; or the size that all blocks have but the last."""
    session: str | None = None
    """Whom it shares blocks with; None: with all."""

    def covered(self, blocks: int) -> int:
        """Return how many tokens of the prompt its first ``blocks`` blocks hold."""
        if isinstance(self.ends, int):
            return min(blocks * self.ends, self.length)
        return int(self.ends[blocks - 1]) if blocks else 0


class Trace(NamedTuple):
    """The requests of one file, in the order in which they came."""

    name: str
    requests: list[Request]


class Line(NamedTuple):
    """One line of a file, for a complaint that says where."""

    path: Path
    number: int
    value: Any

    def error(self, expected: str, got: object) -> DiagnosticError:
        """Return the complaint."""
        return DiagnosticError(
            "trace-format", f"{self.path.name}, line {self.number}: expected {expected}, got {_cut(got)}"
        )

    def integer(self, name: str, limit: int = 2**63) -> int:
        """Return a field that is a non-negative integer."""
        value = self.value.get(name) if isinstance(self.value, dict) else None
        if type(value) is not int or not 0 <= value < limit:
            raise self.error(f"{name} to be a non-negative integer", value)
        return value

    def ids(self, values: object, name: str) -> list[int]:
        """Return a list of block ids."""
        if not isinstance(values, list) or any(type(i) is not int or not -INT32 <= i < INT32 for i in values):
            raise self.error(f"{name} to be a list of int32 ids", values)
        return values


def read_trace(path: Path) -> Trace:
    """Return the trace in a file, whichever of the three formats it has.

    Raises DiagnosticError, with file and line, for anything else.
    """
    lines = list(_read_lines(path))
    if not lines:
        raise DiagnosticError("trace-empty", f"{path.name} has no requests", [], "expected JSON lines")
    first = lines[0]
    kind = first.value if isinstance(first.value, dict) else {}
    if isinstance(kind.get("requests"), list):
        requests = _read_sessions(lines)
    elif isinstance(kind.get("hash_ids"), dict):
        requests = _read_ragpulse(lines)
    elif isinstance(kind.get("hash_ids"), list):
        requests = _read_mooncake(lines)
    else:
        raise first.error(
            "an object with hash_ids (a list: Mooncake; an object: RAGPulse) or requests (agent sessions)",
            first.value,
        )
    return Trace(path.stem if path.stem != "0_trace" else path.parent.name, requests)


def _read_lines(path: Path) -> Iterator[Line]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DiagnosticError("trace-unreadable", f"{path} cannot be read", [str(error)]) from error
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                value = json.loads(line)
            except json.JSONDecodeError as error:
                raise Line(path, number, line).error(f"JSON ({error.msg})", line) from error
            yield Line(path, number, value)


def _read_mooncake(lines: list[Line]) -> list[Request]:
    lengths = np.array([line.integer("input_length") for line in lines], dtype=np.int64)
    ids = [line.ids(line.value.get("hash_ids"), "hash_ids") for line in lines]
    counts = np.array([len(each) for each in ids], dtype=np.int64)
    for size in BLOCK_SIZES:
        # Some recorders keep the last, partial block, and some leave it out.
        if ((counts == -(-lengths // size)) | (counts == lengths // size)).all():
            return [
                Request(np.array(each, dtype=np.int32), int(length), size)
                for each, length in zip(ids, lengths, strict=True)
            ]
    size = max(BLOCK_SIZES, key=lambda size: (abs(counts * size - lengths) < size).sum())
    odd = int(np.argmin(abs(counts * size - lengths) < size))
    raise lines[odd].error(
        f"as many hash_ids as {lengths[odd]} tokens have blocks of one size (most requests: {size})",
        f"{counts[odd]} ids",
    )


def _read_ragpulse(lines: list[Line]) -> list[Request]:
    sizes = _read_block_lengths(lines[0].path.parent)
    requests = []
    for line in lines:
        groups = line.value.get("hash_ids") if isinstance(line.value, dict) else None
        if not isinstance(groups, dict) or set(groups) - set(PARTS):
            raise line.error(f"hash_ids to be an object of {', '.join(PARTS)}", groups)
        ids = [each for part in PARTS for each in line.ids(groups.get(part, []), part)]
        if not sizes:
            requests.append(Request(np.array(ids, dtype=np.int32), len(ids), 1))
            continue
        if unknown := [each for each in ids if each not in sizes]:
            raise line.error("ids whose token_length a file beside the trace gives", unknown[0])
        ends = np.cumsum([sizes[each] for each in ids], dtype=np.int64)
        # The recorded length also counts what joins the blocks, which nobody caches as a block.
        length = max(line.integer("input_length"), int(ends[-1]) if ids else 0)
        requests.append(Request(np.array(ids, dtype=np.int32), length, ends))
    return requests


def _read_block_lengths(folder: Path) -> dict[int, int]:
    return {
        line.integer(name, INT32): line.integer("token_length", INT32)
        for file, name in LENGTHS.items()
        if (folder / file).is_file()
        for line in _read_lines(folder / file)
    }


def _read_sessions(lines: list[Line]) -> list[Request]:
    found = []
    for line in lines:
        size = line.integer("block_size", INT32)
        session = line.value.get("id")
        if size == 0 or not isinstance(session, str) or not isinstance(line.value.get("requests"), list):
            raise line.error("a session with id, block_size and requests", line.value)
        for position, entry in enumerate(line.value["requests"]):
            place = Line(line.path, line.number, entry)
            length = place.integer("in")
            time = entry.get("t")
            if type(time) not in (int, float):
                raise place.error("t to be the seconds since the session's start", time)
            request = Request(_read_runs(place, entry.get("r")), length, size, session)
            found.append((time, session, position, request))
    found.sort(key=lambda entry: entry[:3])
    return [request for *_, request in found]


def _read_runs(place: Line, runs: object) -> np.ndarray:
    """Return int32 ids from runs of consecutive ones."""
    pairs: list[Any] = runs if isinstance(runs, list) else [runs]
    for pair in pairs:
        if not (isinstance(pair, list) and len(pair) == 2 and all(type(each) is int for each in pair)):
            raise place.error("r to be a list of runs [start, length]", pair)
        start, length = pair
        if length < 0 or not -INT32 <= start <= start + length <= INT32:
            raise place.error("a run of int32 ids", pair)
    arrays = [np.arange(start, start + length, dtype=np.int32) for start, length in pairs]
    return np.concatenate(arrays) if arrays else np.zeros(0, dtype=np.int32)


def _cut(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
