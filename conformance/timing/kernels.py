"""Times backends on a contract's benchmark shapes, beside the byte floor, eager and others' figures."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from importlib import import_module
from typing import Any

import numpy as np
import torch

from draftproof.conformance.diagnostic import DiagnosticError
from draftproof.conformance.reporting.records import BenchRow, Timing
from draftproof.conformance.reporting.report import short_name
from draftproof.conformance.timing.graphs import (
    arithmetic_rate,
    count_sets,
    measure_copy_bandwidth,
    measure_launch_floor,
    time_calls,
    time_graph,
)
from draftproof.properties.backend import exempt
from draftproof.properties.cases.promised import promises_case
from draftproof.properties.core.contract import Arrays, Bench, FunctionContract
from draftproof.properties.core.subject import FunctionSubject, subject_of
from draftproof.properties.laws.shared.device import GRAPH_REPLAY

DISTINCT = 32
"""Requests made from the seed; a larger batch repeats their rows and draws fresh uniforms."""

MOST_SETS = 128
"""Inputs of a few hundred bytes would need a million copies; they are in the cache in a decoder too."""

EAGER = "draftproof.optimized.eager"


@dataclass(frozen=True, slots=True)
class Limits:
    """What this device can do, measured in the same process: the two sides of its roofline, and a launch."""

    bytes_per_microsecond: float
    flops_per_microsecond: float
    launch_microseconds: float

    def floor(self, moved: float, flops: float) -> float:
        """Return the microseconds of the slower of moving ``moved`` bytes and ``flops``, plus one launch."""
        slower = max(moved / self.bytes_per_microsecond, flops / self.flops_per_microsecond)
        return self.launch_microseconds + slower


@cache
def measure_limits() -> Limits:
    """Measure copy bandwidth, float32 arithmetic and launch floor of the current device once."""
    return Limits(measure_copy_bandwidth() * 1e-6, arithmetic_rate() * 1e-6, measure_launch_floor())


def bench(contract: FunctionContract, shape: Bench, backends: Sequence[str]) -> Iterator[BenchRow]:
    """Time one shape in every backend that has the operation; eager first, as the measure of the others.

    Raises DiagnosticError for a backend that is wrong on the timed inputs: no speed is quoted for it.
    """
    inputs = fill_timed_inputs(contract, shape)
    keywords = contract.call_keywords(shape.case)
    eager: float | None = None
    for backend in sorted(backends, key=lambda name: name != EAGER):
        subject = subject_of(import_module(backend), contract, "cuda")
        if not isinstance(subject, FunctionSubject) or not promises_case(shape.case, subject.promises):
            continue
        sets = _input_sets(subject, inputs, shape)
        outputs = subject.collect(subject.launch(sets[0], keywords), shape.case.shape, shape.case.dtype)
        _refuse_wrong(subject.contract, backend, shape, inputs, keywords, outputs)
        launch = partial(subject.call, keywords=keywords)
        declared = getattr(import_module(backend), "CONFORMANCE", {})
        in_graphs = exempt(declared, GRAPH_REPLAY.name, contract.name) is None
        timing = time_graph(launch, sets) if in_graphs else time_calls(launch, sets)
        if backend == EAGER:
            eager = timing.median
        yield _row(
            contract, shape, backend, timing, eager, inputs, outputs, _peak(subject, sets[0], keywords)
        )
        del sets


def fill_timed_inputs(contract: FunctionContract, shape: Bench) -> Arrays:
    """Fill the benchmark's case: some distinct rows, repeated to the batch, with uniforms of their own."""
    size = shape.case.shape[contract.batch]
    if not _costly(contract) or size <= DISTINCT:
        return contract.fill(shape.case)
    made = contract.fill(shape.case.reshaped(**{contract.batch: DISTINCT}))
    rng = np.random.default_rng(shape.case.seed)
    rows = np.arange(size) % DISTINCT
    repeated: Arrays = {}
    for argument in contract.arguments:
        array = made[argument.name]
        if array is None:
            repeated[argument.name] = None
        elif argument.dtype == "float32 or float64":
            draws = rng.integers(2**24, size=(size, *array.shape[1:])) * 2.0**-24
            repeated[argument.name] = draws.astype(array.dtype)
        else:
            repeated[argument.name] = array[rows]
    return repeated


def _costly(contract: FunctionContract) -> bool:
    """Whether rows are vocabularies: a batch of them takes seconds to make and to judge."""
    return "V" in contract.sizes


def _input_sets(subject: FunctionSubject, inputs: Arrays, shape: Bench) -> list[dict[str, Any]]:
    """Place enough copies of the inputs to exceed the L2 cache twice, but not more than MOST_SETS."""
    read = int(subject.contract.work.bytes(shape.case.shape, None, None))
    first = subject.place(inputs, shape.case.dtype)
    copies = [
        {name: None if value is None else value.clone() for name, value in first.items()}
        for _ in range(min(count_sets(read), MOST_SETS) - 1)
    ]
    return [first, *copies]


def _refuse_wrong(
    contract: FunctionContract,
    backend: str,
    shape: Bench,
    inputs: Arrays,
    keywords: Mapping[str, Any],
    outputs: Arrays,
) -> None:
    """Judge the timed answer, or the first rows of it."""
    if _costly(contract):
        inputs = contract.rows.take(inputs, slice(DISTINCT))
        outputs = {name: None if array is None else array[:DISTINCT] for name, array in outputs.items()}
    verdict = contract.judge(inputs, dict(keywords), outputs)
    if not verdict.passed:
        raise DiagnosticError(
            "bench-wrong",
            f"{backend} is wrong on the timed inputs of {shape.case}",
            [str(finding) for finding in verdict.findings[:3]],
            f"no speed is quoted for a wrong answer: draftproof check {backend} --op {contract.name}",
        )


def _peak(subject: FunctionSubject, placed: dict[str, Any], keywords: Mapping[str, Any]) -> int:
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    outputs = subject.call(placed, keywords)[len(subject.contract.mutated) :]
    torch.cuda.synchronize()
    kept = sum(-(-output.untyped_storage().nbytes() // 512) * 512 for output in outputs)
    return int(max(0, torch.cuda.max_memory_allocated() - before - kept))


def _row(
    contract: FunctionContract,
    shape: Bench,
    backend: str,
    timing: Timing,
    eager: float | None,
    inputs: Arrays,
    outputs: Arrays,
    peak: int,
) -> BenchRow:
    moved = contract.work.bytes(shape.case.shape, inputs, outputs)
    floor = measure_limits().floor(moved, contract.work.flops(shape.case.shape, inputs, outputs))
    return BenchRow(
        operation=contract.name,
        case=str(shape.case),
        backend=short_name(backend),
        microseconds=timing.median,
        lowest=timing.fastest,
        highest=timing.slowest,
        floor_microseconds=floor,
        bytes=moved,
        ratio_to_floor=timing.median / floor,
        ratio_to_eager=None if eager is None else timing.median / eager,
        peak_bytes=peak,
        target_microseconds=shape.target_us,
        peer_microseconds=shape.peer_us,
        peer=shape.peer or None,
    )


def drop_peers(row: BenchRow) -> BenchRow:
    """Return the row without others' figures and our targets, which hold on an H100 only."""
    return replace(row, target_microseconds=None, peer_microseconds=None, peer=None)
