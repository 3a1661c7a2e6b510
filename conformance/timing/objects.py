"""Times host trees: microseconds per call from Python on one core, beside the oracle and a published tree.

No GPU is needed. What is timed is checked: no speed is quoted for a wrong answer.
"""

import gc
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np

from draftproof.conformance.diagnostic import DiagnosticError
from draftproof.conformance.reporting.records import BenchRow, Timing
from draftproof.conformance.reporting.report import short_name
from draftproof.properties.core.case import Case

OPERATION = "RadixTree"
ORACLE = "draftproof.reference"
ROUNDS = 30
PROMPTS = 64
REQUESTS = 1024
LEAVES = 100
VOCABULARY = 128_256
PEER = "SGLang"

Prepared = tuple[Callable[[], Any], Callable[[Any], bool]]
"""The timed call, and whether its answer is right."""


@dataclass(frozen=True, slots=True)
class Act:
    """One way of using a tree: what is done, per how many units, with which aim."""

    name: str
    tokens: int
    """Of a prompt; of all leaves for an eviction."""
    units: int
    """Calls, or requests, in one timed stretch."""
    prepare: Callable[[type, "Act", int], Prepared]
    bytes_per_unit: int
    """Tokens compared on both sides, slots read and written."""
    target_us: float | None = None
    peer_us: float | None = None

    @property
    def case(self) -> Case:
        """The line that names it in reports."""
        return Case(OPERATION, {"tokens": self.tokens, "P": 1}, "int32", {"act": self.name}, 1)


def _tokens(act: Act, number: int, rows: int, columns: int) -> np.ndarray:
    """Return random token runs that differ in their first token: each is an edge of its own."""
    rng = np.random.default_rng([act.case.seed, number])
    tokens = rng.integers(0, VOCABULARY, (rows, columns), np.int32)
    tokens[:, 0] = np.arange(rows)
    return tokens


def _prompts(act: Act, number: int) -> list[np.ndarray]:
    """Return ``PROMPTS`` prompts; a third of each is the same in all, as a system prompt is."""
    prompts = _tokens(act, number, PROMPTS, act.tokens)
    prompts[:, : act.tokens // 3] = prompts[0, : act.tokens // 3]
    return list(prompts)


def _filled(tree_class: type, prompts: Sequence[np.ndarray]) -> Any:
    tree, first = tree_class(), 0
    for prompt in prompts:
        tree.insert(prompt, np.arange(first, first + len(prompt), dtype=np.int32))
        first += len(prompt)
    return tree


def _match(tree_class: type, act: Act, number: int) -> Prepared:
    prompts = _prompts(act, number)
    match = _filled(tree_class, prompts).match

    def call() -> Any:
        for prompt in prompts:
            answer = match(prompt)
        return answer

    return call, lambda answer: len(answer.slots) == act.tokens


def _match_many(tree_class: type, act: Act, number: int) -> Prepared:
    prompts = _prompts(act, number)
    tree = _filled(tree_class, prompts)
    tokens = np.concatenate(prompts * (REQUESTS // PROMPTS))
    offsets = np.arange(REQUESTS + 1, dtype=np.int64) * act.tokens
    return lambda: tree.match_many(tokens, offsets), lambda answer: bool((answer[0] == act.tokens).all())


def _insert(tree_class: type, act: Act, number: int) -> Prepared:
    prompts = list(_tokens(act, number, PROMPTS, act.tokens))
    slots = list(np.arange(PROMPTS * act.tokens, dtype=np.int32).reshape(PROMPTS, act.tokens))
    tree = tree_class()
    insert = tree.insert

    def call() -> None:
        for prompt, own in zip(prompts, slots, strict=True):
            insert(prompt, own)

    return call, lambda _: bool(tree.cached == PROMPTS * act.tokens)


def _evict(tree_class: type, act: Act, number: int) -> Prepared:
    tree = _filled(tree_class, list(_tokens(act, number, 2 * LEAVES, act.tokens // LEAVES)))
    expected = np.arange(act.tokens)
    return lambda: tree.evict(act.tokens), lambda answer: np.array_equal(answer, expected)


ACTS = (
    *(Act("match", tokens, PROMPTS, _match, 16 * tokens) for tokens in (192, 8192)),
    Act("match", 1536, PROMPTS, _match, 16 * 1536, 3, 36),
    Act("match_many", 1536, REQUESTS, _match_many, 8 * 1536, 1),
    Act("insert", 1536, PROMPTS, _insert, 16 * 1536, 6, 48),
    Act("evict", 51_200, 1, _evict, 8 * 51_200, 25, 956),
)


def host_rows(modules: Sequence[str]) -> Iterator[BenchRow]:
    """Time every act in every module that has a tree; the oracle's time is the measure of the others.

    Raises DiagnosticError for a tree that answers wrongly.
    """
    for act in ACTS:
        oracle = _time(ORACLE, act).median
        for module in modules:
            if hasattr(import_module(module), OPERATION):
                yield _row(act, module, _time(module, act), oracle)


def _time(module: str, act: Act) -> Timing:
    """Time fresh trees: an insertion or an eviction can be done but once."""
    tree_class = getattr(import_module(module), OPERATION)
    rounds = 3 if module == ORACLE else ROUNDS
    samples = []
    for number in range(rounds + 1):  # the first one warms up
        call, right = act.prepare(tree_class, act, number)
        gc.disable()
        begin = time.perf_counter_ns()
        answer = call()
        elapsed = time.perf_counter_ns() - begin
        gc.enable()
        if not right(answer):
            raise DiagnosticError(
                "bench-wrong",
                f"{module} is wrong on the timed inputs of {act.case}",
                [],
                f"no speed is quoted for a wrong answer: draftproof check {module} --op {OPERATION}",
            )
        samples.append(elapsed / 1000 / act.units)
    return Timing(statistics.median(samples[1:]), min(samples[1:]), max(samples[1:]))


@cache
def _bytes_per_microsecond() -> float:
    """Measure a copy on one core, within its caches, read plus written."""
    source = np.arange(2**16, dtype=np.int32)
    target = np.empty_like(source)
    samples = []
    for _ in range(200):
        begin = time.perf_counter_ns()
        np.copyto(target, source)
        samples.append(time.perf_counter_ns() - begin)
    return 2 * source.nbytes / (statistics.median(samples) / 1000)


def _row(act: Act, module: str, timing: Timing, oracle: float) -> BenchRow:
    floor = act.bytes_per_unit / _bytes_per_microsecond()
    return BenchRow(
        operation=OPERATION,
        case=str(act.case),
        backend=short_name(module),
        microseconds=timing.median,
        lowest=timing.fastest,
        highest=timing.slowest,
        floor_microseconds=floor,
        bytes=act.bytes_per_unit,
        ratio_to_floor=timing.median / floor,
        ratio_to_eager=timing.median / oracle,
        target_microseconds=act.target_us,
        peer_microseconds=act.peer_us,
        peer=PEER if act.peer_us else None,
    )
