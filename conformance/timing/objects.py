"""Times objects of the host: microseconds per call from Python on one core, beside the oracle.

No GPU is needed. What is timed is checked: no speed is quoted for a wrong answer.
"""

import gc
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np

from draftproof.conformance.diagnostic import DiagnosticError
from draftproof.conformance.reporting.records import BenchRow, Timing
from draftproof.conformance.reporting.report import short_name
from draftproof.properties.core.contract import Act, ObjectContract

ORACLE = "draftproof.reference"
ROUNDS = 30
ORACLE_ROUNDS = 3


def time_objects(contract: ObjectContract, modules: Sequence[str]) -> Iterator[BenchRow]:
    """Time every act in every module that has the object; the oracle's time is the measure of the others.

    Raises DiagnosticError for an object that answers wrongly.
    """
    for act in contract.acts:
        oracle = _time(contract, ORACLE, contract.oracle, act, ORACLE_ROUNDS).median
        for module in modules:
            make = getattr(import_module(module), contract.name, None)
            if make is not None:
                yield _row(act, module, _time(contract, module, make, act, ROUNDS), oracle)


def _time(contract: ObjectContract, module: str, make: Callable[..., Any], act: Act, rounds: int) -> Timing:
    """Time fresh objects: an insertion or an eviction can be done but once."""
    samples = []
    for number in range(rounds + 1):  # the first one warms up
        call, right = act.prepare(make, number)
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
                f"no speed is quoted for a wrong answer: draftproof check {module} --op {contract.name}",
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
        operation=act.case.operation,
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
        peer=act.peer or None,
    )
