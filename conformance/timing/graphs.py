"""How long device work takes: CUDA graphs timed by events, on inputs that are not in the cache.

A call of a few microseconds cannot be timed one launch at a time: the host is slower than the device.
``time_graph`` captures many calls into one CUDA graph and times its replays. Each call takes the next
of several input sets, together larger than the L2 cache twice over, because a decoder never finds
its next logits there.
"""

import math
import statistics
from collections.abc import Callable, Sequence
from typing import TypeVar

import torch

from draftproof.conformance.reporting.records import Timing

Inputs = TypeVar("Inputs")

NODES = 48
"""Calls in a graph of short ones: the replay's own launch is then below 1 % of the smallest kernels."""
LONG_ENOUGH = 2000.0
"""Microseconds of a graph: one of slow calls needs no more of them than it has input sets."""
WARM_UPS = 3
REPLAYS = 20


def time_graph(
    call: Callable[[Inputs], object], input_sets: Sequence[Inputs], *, replays: int = REPLAYS
) -> Timing:
    """Time ``call(inputs)`` on the current device by replaying a CUDA graph of many such calls.

    Parameters
    ----------
    call
        Launches the work on the current stream, without a host synchronisation.
    input_sets
        What the calls of a graph take in turn; ``sets_needed`` says how many exceed the cache.
    replays
        How many replays are timed; the median is over these.

    Raises
    ------
    ValueError
        If there is no input set or no replay.
    """
    if not input_sets or replays < 1:
        raise ValueError(f"time_graph: needs an input set and a replay, got {len(input_sets)} and {replays}")
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):  # builds, loads and allocates before the capture
        for inputs in input_sets[:WARM_UPS]:
            call(inputs)
    stream.synchronize()
    nodes = max(len(input_sets), min(NODES, math.ceil(LONG_ENOUGH / _once(call, input_sets[0]))))
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, stream=stream):
        for node in range(nodes):
            call(input_sets[node % len(input_sets)])
    samples = [elapsed / nodes for elapsed in _replay(graph, replays)]
    return Timing(statistics.median(samples), min(samples), max(samples))


def time_calls(
    call: Callable[[Inputs], object], input_sets: Sequence[Inputs], *, replays: int = REPLAYS
) -> Timing:
    """Time ``call(inputs)`` between two events, the host's part included: for what no graph can hold."""
    samples = [_once(call, input_sets[number % len(input_sets)]) for number in range(replays + WARM_UPS)]
    timed = samples[WARM_UPS:]
    return Timing(statistics.median(timed), min(timed), max(timed))


def count_sets(bytes_read: int) -> int:
    """Return how many input sets, of which a call reads ``bytes_read`` each, exceed the L2 cache twice."""
    cache = torch.cuda.get_device_properties(torch.cuda.current_device()).L2_cache_size
    return max(1, math.ceil(2 * cache / max(1, bytes_read)) + 1)


def measure_copy_bandwidth(size: int = 2**29) -> float:
    """Return bytes per second of a copy of ``size`` bytes on the device, read plus written.

    The better of the driver's copy and of an elementwise kernel: neither is the faster one everywhere.
    """
    source = torch.rand(size // 4, device="cuda")
    target = torch.empty_like(source)
    driver = time_graph(target.copy_, [source], replays=5)
    kernel = time_graph(lambda values: torch.neg(values, out=target), [source], replays=5)
    return 2 * size / (min(driver.median, kernel.median) * 1e-6)


def arithmetic_rate(size: int = 4096) -> float:
    """Return float32 operations per second of a matrix product of ``size``, tensor cores left out."""
    left, right = (torch.rand(size, size, device="cuda") for _ in range(2))
    target = torch.empty_like(left)
    allowed = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = False
    try:
        timing = time_graph(lambda a: torch.mm(a, right, out=target), [left], replays=5)
    finally:
        torch.backends.cuda.matmul.allow_tf32 = allowed
    return 2 * size**3 / (timing.median * 1e-6)


def measure_launch_floor() -> float:
    """Return the microseconds of the smallest kernel as a node of a graph: no call is faster."""
    one = torch.zeros(1, device="cuda")
    return time_graph(lambda value: value.add_(1.0), [one]).median


def _once(call: Callable[[Inputs], object], inputs: Inputs) -> float:
    """Return the microseconds of one launch: far too many for a short kernel, about right for a long one."""
    before, after = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    before.record()
    call(inputs)
    after.record()
    after.synchronize()
    return float(1000.0 * before.elapsed_time(after))


def _replay(graph: torch.cuda.CUDAGraph, replays: int) -> list[float]:
    """Return the microseconds of each timed replay; the first ones only warm up."""
    events = [torch.cuda.Event(enable_timing=True) for _ in range(WARM_UPS + replays + 1)]
    events[0].record()
    for event in events[1:]:
        graph.replay()
        event.record()
    events[-1].synchronize()
    pairs = zip(events[WARM_UPS:-1], events[WARM_UPS + 1 :], strict=True)
    return [1000.0 * before.elapsed_time(after) for before, after in pairs]
