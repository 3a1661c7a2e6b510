"""The laws of a prefix tree's cost and memory: four times the work takes about four times as long."""

import gc
import time
import tracemalloc
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import ObjectContract
from draftproof.properties.core.law import Law
from draftproof.properties.core.subject import Subject
from draftproof.properties.core.verdict import Finding, Verdict

LENGTHS, LEAVES = (2048, 8192, 32_768, 131_072), (400, 1600, 6400)
"""Each four times the one before."""
LIMIT = 12.0
"""How much longer four times the work may take: 4 if the cost is linear, 16 if it is quadratic."""
NOTICED, CERTAIN = 1e-3, 0.5
"""Seconds: what takes less is not judged, what takes more is not doubted."""
LONG = 0.02
"""Seconds: what takes longer is not measured again."""
ATTEMPTS, REPEATS = 4, 3
"""How often the law must be broken in a row, and of how many times each is the least."""

Prepared = Callable[[], Any]


def match_edge(make: Callable[..., Any], count: int) -> Prepared:
    """Match one edge of so many tokens."""
    tokens = np.arange(count, dtype=np.int32)
    tree = make(1, "lru")
    tree.insert(tokens, tokens)
    return lambda: tree.match(tokens)


def insert_edge(make: Callable[..., Any], count: int) -> Prepared:
    """Insert one edge of so many tokens."""
    tokens = np.arange(count, dtype=np.int32)
    tree = make(1, "lru")
    return lambda: tree.insert(tokens, tokens)


def insert_leaves(make: Callable[..., Any], count: int) -> Prepared:
    """Insert so many short edges, one by one."""
    rows = np.arange(2 * count, dtype=np.int32).reshape(count, 2)
    tree = make(1, "lru")
    return lambda: [tree.insert(row, row) for row in rows]


def evict_leaves(make: Callable[..., Any], count: int) -> Prepared:
    """Evict so many leaves in one call."""
    tree = make(1, "lru")
    for row in np.arange(2 * count, dtype=np.int32).reshape(count, 2):
        tree.insert(row, row)
    return lambda: tree.evict(2 * count)


WORK: dict[str, tuple[Callable[[Callable[..., Any], int], Prepared], tuple[int, ...]]] = {
    "match": (match_edge, LENGTHS),
    "insert": (insert_edge, LENGTHS),
    "insertions": (insert_leaves, LEAVES),
    "evict": (evict_leaves, LEAVES),
}


def check_cost(contract: ObjectContract, subject: Subject[ObjectContract], case: Case) -> Verdict:
    """Time some work, then four times as much, and again; a finding is what is seen several times over."""
    work = case.options.get("work", "match")
    prepare, sizes = WORK[work]
    verdict = Verdict()
    for smaller, larger in pairwise(sizes):
        for _ in range(ATTEMPTS):
            before, after = (_time(prepare, subject.implementation, size) for size in (smaller, larger))
            ratio = after / max(before, 1e-9)
            if after < NOTICED or ratio < LIMIT or after > CERTAIN:
                break
        where = f"{work}: {larger} after {smaller}"
        verdict.expect(
            after < NOTICED or ratio < LIMIT,
            where,
            f"less than {LIMIT:g} times as long",
            f"{ratio:.1f} times",
        )
        if verdict.findings:
            break
    return verdict


def _time(
    prepare: Callable[[Callable[..., Any], int], Prepared], make: Callable[..., Any], size: int
) -> float:
    """Return the least of a few times, in seconds of this process's own."""
    times = []
    for _ in range(REPEATS):
        call = prepare(make, size)
        began = time.process_time()
        call()
        times.append(time.process_time() - began)
        if times[0] > LONG:
            break
    return min(times)


ROUNDS, SEQUENCES, LENGTH = 6, 8, 192
CALLS = 6 * SEQUENCES + 1
"""Calls of one round."""
SECONDS = 0.12
"""How long rounds are made while the process's memory is watched."""


def make_round(tree: Any, page_size: int) -> Callable[[], None]:
    """Return what stores, matches, locks and evicts some sequences, and leaves the tree empty."""
    length = _length(page_size)
    pages = np.arange(SEQUENCES * length, dtype=np.int32).reshape(SEQUENCES, length)
    asked = pages.copy()
    asked[:, -page_size:] = -1
    bounds = np.array([0, length])
    many = getattr(tree, "match_many", None)

    def make() -> None:
        for sequence, other in zip(pages, asked, strict=True):
            tree.insert(sequence, sequence)
            node = tree.match(sequence).node
            tree.match(other)
            tree.lock(node)
            tree.unlock(node)
            if many is not None:
                many(other, bounds)
        tree.evict(pages.size)

    return make


def _length(page_size: int) -> int:
    """Return the tokens of a sequence: whole pages, at least two."""
    return max(2, LENGTH // page_size) * page_size


def check_memory(contract: ObjectContract, subject: Subject[ObjectContract], case: Case) -> Verdict:
    """Fill and empty a tree over and over; what Python allocates, and the process holds, must not grow."""
    page_size = case.shape["P"]
    make = make_round(subject.implementation(page_size, case.options["policy"]), page_size)
    make()
    verdict = Verdict()
    for measured in (python_growth, process_growth):
        for _ in range(ATTEMPTS):
            finding = measured(make, 4 * SEQUENCES * _length(page_size))
            if finding is None:
                break
        verdict.decisions += 1
        verdict.findings += [finding] if finding is not None else []
    return verdict


def python_growth(make: Callable[[], None], moved: int) -> Finding | None:
    """Return a finding if Python's allocations grow by more than a number a call."""
    gc.collect()
    traced = tracemalloc.is_tracing()
    if not traced:
        tracemalloc.start()
    make()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(ROUNDS):
        make()
    gc.collect()
    growth = tracemalloc.get_traced_memory()[0] - before
    if not traced:
        tracemalloc.stop()
    allowed = 4096 + 16 * ROUNDS * CALLS
    if growth <= allowed:
        return None
    return Finding(f"{ROUNDS * CALLS} calls", f"at most {allowed} bytes more", f"{growth} bytes")


def process_growth(make: Callable[[], None], moved: int) -> Finding | None:
    """Return a finding if the process grows by a part of what it was given."""
    rounds = sum(1 for _ in _until(make, SECONDS / 3))
    before = resident()
    rounds = sum(1 for _ in _until(make, SECONDS))
    after = resident()
    allowed = 2**20 + rounds * moved // 16
    if before is None or after is None or after - before <= allowed:
        return None
    return Finding(f"{rounds * CALLS} calls", f"at most {allowed} bytes more", f"{after - before} bytes")


def _until(make: Callable[[], None], seconds: float) -> Iterator[None]:
    end = time.process_time() + seconds
    while time.process_time() < end:
        make()
        yield


def resident() -> int | None:
    """Return the bytes of memory that the process holds; None where the system does not tell."""
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[1]) * 4096 if statm.exists() else None


def cost_cases(contract: ObjectContract, device: str, budget: str, seed: int) -> list[Case]:
    """Return a case of every kind of work; its sizes are the law's."""
    return [
        Case(contract.name, {"P": 1, "steps": 500}, "int32", {"policy": "lru", "work": work})
        for work, (_, sizes) in WORK.items()
    ]


def memory_cases(contract: ObjectContract, device: str, budget: str, seed: int) -> list[Case]:
    """Return cases of two page sizes."""
    policies = contract.options["policy"]
    return [
        Case(
            contract.name,
            {"P": P, "steps": 500},
            "int32",
            {"policy": policies[(seed + number) % len(policies)]},
        )
        for number, P in enumerate((1, 16))
    ]


COST = Law(
    "cost",
    "Four times as many tokens or leaves take less than twelve times as long.",
    check_cost,
    devices=("numpy", "cpu", "cuda"),
    cases=cost_cases,
)
MEMORY_KEPT = Law(
    "memory kept",
    "A tree that is filled and emptied again and again holds no more memory than before.",
    check_memory,
    devices=("numpy", "cpu", "cuda"),
    cases=memory_cases,
)
