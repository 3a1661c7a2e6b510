"""What is timed of a prefix tree: microseconds of a call, beside a published tree."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import Act, Prepared

PROMPTS = 64
REQUESTS = 1024
LEAVES = 100
VOCABULARY = 128_256
SEED = 1

Tree = Callable[..., Any]
"""A class of trees."""


def _tokens(number: int, rows: int, columns: int) -> np.ndarray:
    """Return random token runs that differ in their first token: each is an edge of its own."""
    rng = np.random.default_rng([SEED, number])
    tokens = rng.integers(0, VOCABULARY, (rows, columns), np.int32)
    tokens[:, 0] = np.arange(rows)
    return tokens


def _prompts(number: int, length: int) -> list[np.ndarray]:
    """Return ``PROMPTS`` prompts; a third of each is the same in all, as a system prompt is."""
    prompts = _tokens(number, PROMPTS, length)
    prompts[:, : length // 3] = prompts[0, : length // 3]
    return list(prompts)


def _filled(make: Tree, prompts: Sequence[np.ndarray]) -> Any:
    tree, first = make(), 0
    for prompt in prompts:
        tree.insert(prompt, np.arange(first, first + len(prompt), dtype=np.int32))
        first += len(prompt)
    return tree


def _act(name: str, length: int, units: int, prepare: Callable[[Tree, int], Prepared], **figures: Any) -> Act:
    case = Case("RadixTree", {"tokens": length, "P": 1}, "int32", {"act": name}, SEED)
    peer = "SGLang" if "peer_us" in figures else ""
    return Act(case, units, prepare, peer=peer, **figures)


def match(length: int, **figures: float) -> Act:
    """One match after another, all of them whole."""

    def prepare(make: Tree, number: int) -> Prepared:
        prompts = _prompts(number, length)
        match = _filled(make, prompts).match

        def call() -> Any:
            for prompt in prompts:
                answer = match(prompt)
            return answer

        return call, lambda answer: len(answer.slots) == length

    # Tokens are compared on both sides, slots read and written.
    return _act("match", length, PROMPTS, prepare, bytes_per_unit=16 * length, **figures)


def match_many(length: int, **figures: float) -> Act:
    """Many matches in one call."""

    def prepare(make: Tree, number: int) -> Prepared:
        prompts = _prompts(number, length)
        tree = _filled(make, prompts)
        tokens = np.concatenate(prompts * (REQUESTS // PROMPTS))
        offsets = np.arange(REQUESTS + 1, dtype=np.int64) * length
        return lambda: tree.match_many(tokens, offsets), lambda answer: bool((answer[0] == length).all())

    return _act("match_many", length, REQUESTS, prepare, bytes_per_unit=8 * length, **figures)


def insert(length: int, **figures: float) -> Act:
    """One insertion after another, each an edge of its own."""

    def prepare(make: Tree, number: int) -> Prepared:
        prompts = list(_tokens(number, PROMPTS, length))
        slots = list(np.arange(PROMPTS * length, dtype=np.int32).reshape(PROMPTS, length))
        tree = make()
        insert = tree.insert

        def call() -> None:
            for prompt, own in zip(prompts, slots, strict=True):
                insert(prompt, own)

        return call, lambda _: bool(tree.cached == PROMPTS * length)

    return _act("insert", length, PROMPTS, prepare, bytes_per_unit=16 * length, **figures)


def evict(length: int, **figures: float) -> Act:
    """One eviction of ``length`` tokens: half of the leaves there are."""

    def prepare(make: Tree, number: int) -> Prepared:
        tree = _filled(make, list(_tokens(number, 2 * LEAVES, length // LEAVES)))
        expected = np.arange(length)
        return lambda: tree.evict(length), lambda answer: np.array_equal(answer, expected)

    return _act("evict", length, 1, prepare, bytes_per_unit=8 * length, **figures)


ACTS = (
    match(192),
    match(8192),
    match(1536, target_us=3, peer_us=36),
    match_many(1536, target_us=1),
    insert(1536, target_us=6, peer_us=48),
    evict(51_200, target_us=25, peer_us=956),
)
"""Targets and the peer's figures in microseconds on one core."""
