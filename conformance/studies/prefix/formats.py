"""Recorded requests as cached blocks: three published trace formats, read and checked line by line.

All are JSON lines, packed by gzip or not. A block is what a cache shares: some tokens of a prompt together
with all before them.

- **Mooncake**: ``hash_ids`` is a list, one id per block; the block's size in tokens follows from the
  ``input_length`` of all requests if it is a power of two (Qin et al. 2025, FAST), and is asked for if not.
- **RAGPulse**: ``hash_ids`` is an object of lists, joined in the order system prompt, passages, history,
  web search, user input. Each block has its own length, from the files that lie beside the trace; without
  them each counts as one token.
- **sessions**: one agent session per line, its requests' ids as runs ``[start, length]``. Ids mean
  something within their session only, so each session gets a namespace; sessions run side by side, each
  from time 0.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from draftproof.conformance.diagnostic import DiagnosticError
from draftproof.conformance.studies.prefix.lines import Line, is_id, read_values
from draftproof.conformance.studies.prefix.numbering import (
    LONGEST,
    MOST_BLOCKS,
    MOST_REQUESTS,
    Numbering,
    Run,
    RunNumbering,
    limit,
    naming,
)

PARTS = ("sys_prompt", "passages_ids", "history", "web_search", "user_input")
"""The order in which RAGPulse's blocks make a prompt."""

LENGTHS = {
    "1_sys_prompt.jsonl": ("sys_prompt", "sys_prompt_id"),
    "2_passages.jsonl": ("passages_ids", "passage_id"),
    "3_history.jsonl": ("history", "history_id"),
    "4_user_input.jsonl": ("user_input", "user_input_id"),
    "5_web_search.jsonl": ("web_search", "web_search_id"),
}
"""The files beside a RAGPulse trace that say how many tokens a part's blocks have, and its names for ids."""

BLOCK_SIZES = tuple(2**power for power in range(12, -1, -1))
INT32 = 2**31


@dataclass(frozen=True, slots=True)
class Request:
    """One prompt."""

    blocks: np.ndarray
    """int32 [n]: the numbers of its blocks, which a tree takes for tokens."""
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


def read_trace(path: Path, block_size: int | None = None) -> Trace:
    """Return the trace in a file, whichever of the three formats it has.

    ``block_size``, tokens, is for Mooncake's, which does not say it; the others do.

    Raises DiagnosticError, with file and line, for anything else.
    """
    with naming(path.name):
        requests = _read_requests(path, block_size)
    name = path.name.removesuffix(".gz").rpartition(".")[0] or path.name
    return Trace(name if name != "0_trace" else path.absolute().parent.name, requests)


def _read_requests(path: Path, block_size: int | None) -> list[Request]:
    values = read_values(path)
    first = next(values, None)
    if first is None:
        raise DiagnosticError("trace-empty", f"{path.name} has no requests", [], "expected JSON lines")
    lines = chain([first], values)
    if isinstance(first.get("hash_ids"), list):
        return _read_mooncake(lines, block_size)
    if block_size is not None:
        raise DiagnosticError(
            "trace-block-size",
            f"--block-size is for Mooncake traces, and {path.name} says its own",
        )
    if isinstance(first.get("requests"), list):
        return _read_sessions(lines)
    if isinstance(first.get("hash_ids"), dict):
        return _read_ragpulse(lines, path.parent)
    raise first.error(
        "an object with hash_ids (a list: Mooncake; an object: RAGPulse) or requests (agent sessions)",
        first.value,
    )


def _read_mooncake(lines: Iterable[Line], block_size: int | None) -> list[Request]:
    ids: list[Sequence[int]] = []
    numbers, told, blocks = [], [], 0
    for line in lines:
        told.append(line.integer("input_length"))
        ids.append(_pack(line.ids(line.get("hash_ids"), "hash_ids")))
        numbers.append(line.number)
        blocks += len(ids[-1])
        _limit(len(ids), blocks, len(ids[-1]))
        path = line.path
    lengths, counts = np.array(told, dtype=np.int64), np.array([len(each) for each in ids], dtype=np.int64)
    sizes = BLOCK_SIZES if block_size is None else (block_size,)
    size = next((each for each in sizes if _fits(lengths, counts, each).all()), None)
    if size is None:
        size = max(sizes, key=lambda each: _fits(lengths, counts, each).sum())
        odd = int(np.argmin(_fits(lengths, counts, size)))
        raise DiagnosticError(
            "trace-format",
            f"{path.name}, line {numbers[odd]}: expected as many hash_ids as {told[odd]} tokens have blocks "
            f"of one size ({_describe(size, block_size)}), got {counts[odd]} ids",
            [],
            _advise(lengths, counts),
        )
    numbering = Numbering()
    return [
        Request(numbering.number(each, _list_lengths(len(each), length, size)), length, size)
        for each, length in zip(ids, told, strict=True)
    ]


def _fits(lengths: np.ndarray, counts: np.ndarray, size: int) -> np.ndarray:
    """Return which requests may have blocks of a size: some recorders leave out the last, partial block."""
    whole: np.ndarray = lengths // size
    fits: np.ndarray = (counts == whole) | (counts == whole + (lengths % size > 0))
    return fits


def _describe(size: int, asked: int | None) -> str:
    return f"most requests: {size}" if asked is None else f"--block-size {asked}"


def _advise(lengths: np.ndarray, counts: np.ndarray) -> str:
    """Return which sizes all requests could have, in words; nothing if there are none."""
    low = int((lengths // (counts + 1)).max()) + 1
    several = counts > 1
    high = int((-(-lengths[several] // (counts[several] - 1))).min()) - 1 if several.any() else low
    if low > high or not _fits(lengths, counts, low).all():
        return ""
    return f"--block-size {low} fits all requests" + (f", as do sizes up to {high}" if high > low else "")


def _list_lengths(blocks: int, length: int, size: int) -> list[int]:
    """Return how many tokens each block of a prompt has: all are full but perhaps the last."""
    return [size] * (blocks - 1) + [min(size, length - (blocks - 1) * size)] * (blocks > 0)


def _read_ragpulse(lines: Iterable[Line], folder: Path) -> list[Request]:
    sizes = _read_block_lengths(folder)
    numbering = Numbering()
    requests: list[Request] = []
    total = 0
    for line in lines:
        groups = line.get("hash_ids")
        if not isinstance(groups, dict) or set(groups) - set(PARTS):
            raise line.error(f"hash_ids to be an object of {', '.join(PARTS)}", groups)
        blocks = [(part, each) for part in PARTS for each in line.ids(groups.get(part, []), part)]
        total += len(blocks)
        _limit(len(requests) + 1, total, len(blocks))
        if unknown := [each for each in blocks if sizes and each not in sizes]:
            raise line.error(
                f"ids whose token_length a file beside the trace gives ({unknown[0][0]})", unknown[0][1]
            )
        lengths = [sizes.get(each, 1) for each in blocks]
        numbers = numbering.number([each for _, each in blocks], lengths)
        if not sizes:
            requests.append(Request(numbers, len(blocks), 1))
            continue
        ends = np.cumsum(lengths, dtype=np.int64)
        # The recorded length also counts what joins the blocks, which nobody caches as a block.
        length = max(line.integer("input_length"), sum(lengths))
        requests.append(Request(numbers, length, ends))
    return requests


def _read_block_lengths(folder: Path) -> dict[tuple[str, int], int]:
    found: dict[tuple[str, int], int] = {}
    for file, (part, name) in LENGTHS.items():
        for path in filter(Path.is_file, (folder / file, folder / f"{file}.gz")):
            for line in read_values(path):
                block = part, line.ids([line.get(name)], name)[0]
                length = line.integer("token_length", INT32)
                if found.setdefault(block, length) != length:
                    raise line.error(
                        f"one token_length for {name} {block[1]}, as above {found[block]}", length
                    )
    return found


def _read_sessions(lines: Iterable[Line]) -> list[Request]:
    found: list[tuple[float, str, int, Request]] = []
    seen: set[str] = set()
    total = 0
    for line in lines:
        size = line.integer("block_size", INT32)
        session, entries = line.get("id"), line.get("requests")
        if size == 0 or not isinstance(session, str) or not isinstance(entries, list):
            raise line.error("a session with id, block_size and requests", line.value)
        if session in seen:
            raise line.error("an id that no session before has", session)
        seen.add(session)
        asked = []
        for entry in entries:
            asked.append(_Asked.read(Line(line.path, line.number, entry), size))
            total += asked[-1].blocks
            _limit(len(found) + len(asked), total, asked[-1].blocks)
        numbering = RunNumbering([run for each in asked for run in each.runs])
        for position, each in enumerate(asked):
            partial = each.length - (each.blocks - 1) * size if each.blocks else size
            numbers = numbering.number(each.runs, partial if partial < size else 0)
            found.append((each.time, session, position, Request(numbers, each.length, size, session)))
    found.sort(key=lambda entry: entry[:3])
    return [request for *_, request in found]


class _Asked(NamedTuple):
    """A request of a session, before its blocks have numbers."""

    time: float
    length: int
    runs: list[Run]
    blocks: int

    @classmethod
    def read(cls, place: Line, size: int) -> "_Asked":
        length, time = place.integer("in"), place.get("t")
        if type(time) not in (int, float):
            raise place.error("t to be the seconds since the session's start", time)
        runs = list(_read_runs(place))
        blocks = sum(length for _, length in runs)
        if blocks > (most := -(-length // size)):
            raise place.error(f"r to have at most {most:,} blocks of {size} for {length:,} tokens", blocks)
        return cls(time, length, runs, blocks)


def _read_runs(place: Line) -> Iterator[Run]:
    """Yield the runs of consecutive ids of a request."""
    runs: Any = place.get("r")
    for pair in runs if isinstance(runs, list) else [runs]:
        if not (isinstance(pair, list) and len(pair) == 2 and all(type(each) is int for each in pair)):
            raise place.error("r to be a list of runs [start, length]", pair)
        start, length = pair
        if length < 0 or not is_id(start) or not is_id(start + max(0, length - 1)):
            raise place.error("a run of ids of 64 bits", pair)
        yield start, length


def _pack(ids: list[int]) -> Sequence[int]:
    """Return ids in 8 bytes each, where all of them have or lack a sign."""
    for code in "qQ":
        try:
            return array(code, ids)
        except OverflowError:
            continue
    return ids


def _limit(requests: int, blocks: int, longest: int) -> None:
    limit(longest, LONGEST, "blocks in one request")
    limit(requests, MOST_REQUESTS, "requests")
    limit(blocks, MOST_BLOCKS, "blocks")
