"""Laws that only a GPU can show: graphs, streams, memory, and offsets past 2**31."""

from math import prod
from typing import Any

from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import FunctionContract
from draftproof.properties.core.law import Law
from draftproof.properties.core.memory import same_bits
from draftproof.properties.core.subject import FunctionSubject
from draftproof.properties.core.verdict import Verdict

CUDA = ("cuda",)
STREAM_ROUNDS = 8


def _other(contract: FunctionContract, subject: FunctionSubject, case: Case) -> dict[str, Any]:
    other = Case(case.operation, case.shape, case.dtype, case.options, case.seed + 1, case.flags)
    return subject.place(contract.fill(other), case.dtype)


def _compare(verdict: Verdict, where: str, expected: tuple[Any, ...], got: tuple[Any, ...]) -> None:
    for number, (one, two) in enumerate(zip(expected, got, strict=True)):
        verdict.expect(same_bits(one, two), f"output {number}, {where}", "as launched alone", "other bits")


def check_graph_replay(contract: FunctionContract, subject: FunctionSubject, case: Case) -> Verdict:
    """Capture with one set of inputs, replay with another: as launched directly on the other."""
    import torch

    verdict, keywords = Verdict(), contract.call_keywords(case)
    static = subject.place(contract.fill(case), case.dtype)
    second = _other(contract, subject, case)
    expected = [tuple(out.clone() for out in subject.launch(inputs, keywords)) for inputs in (second, static)]
    captured_inputs: dict[str, Any] = {
        name: None if value is None else value.clone() for name, value in static.items()
    }
    torch.cuda.synchronize()  # the side stream does not wait for the copies made on this one
    side = torch.cuda.Stream()
    with torch.cuda.stream(side):
        subject.launch(captured_inputs, keywords)
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        outputs = subject.launch(captured_inputs, keywords)
    for round_, (inputs, wanted) in enumerate(zip((second, static), expected, strict=True), 1):
        for name, value in inputs.items():
            if value is not None:
                captured_inputs[name].copy_(value)
        graph.replay()
        torch.cuda.synchronize()
        _compare(verdict, f"replay {round_} with other data", wanted, outputs)
    return verdict


def check_two_streams(contract: FunctionContract, subject: FunctionSubject, case: Case) -> Verdict:
    """Launch on two streams at once, many times over: as launched alone."""
    import torch

    verdict, keywords = Verdict(), contract.call_keywords(case)
    sets = [subject.place(contract.fill(case), case.dtype), _other(contract, subject, case)]
    alone = [tuple(out.clone() for out in subject.launch(inputs, keywords)) for inputs in sets]
    torch.cuda.synchronize()
    streams = [torch.cuda.Stream(), torch.cuda.Stream()]
    answers: list[list[tuple[Any, ...]]] = [[], []]
    for _ in range(STREAM_ROUNDS):
        for which, stream in enumerate(streams):
            with torch.cuda.stream(stream):
                answers[which].append(subject.launch(sets[which], keywords))
    torch.cuda.synchronize()
    for which in (0, 1):
        for answer in answers[which]:
            _compare(verdict, f"stream {which + 1} of two", alone[which], answer)
    return verdict


def check_memory(contract: FunctionContract, subject: FunctionSubject, case: Case) -> Verdict:
    """Measure the peak of allocated bytes beyond inputs and outputs."""
    import torch

    verdict, keywords = Verdict(), contract.call_keywords(case)
    placed = subject.place(contract.fill(case), case.dtype)
    subject.call(placed, keywords)
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    outputs = subject.call(placed, keywords)[len(contract.mutated) :]
    torch.cuda.synchronize()
    # The allocator hands out multiples of 512 bytes.
    kept = sum(-(-out.untyped_storage().nbytes() // 512) * 512 for out in outputs)
    extra = max(0, torch.cuda.max_memory_allocated() - before - kept)
    inputs_bytes = sum(value.nbytes for value in placed.values() if value is not None)
    allowed = contract.work.scratch(case.shape) + subject.memory * inputs_bytes
    verdict.measures["scratch_bytes"] = float(extra)
    verdict.expect(
        extra <= allowed, "peak memory", f"at most {allowed:.0f} bytes beyond outputs", extra, extra / allowed
    )
    return verdict


def check_large_offsets(contract: FunctionContract, subject: FunctionSubject, case: Case) -> Verdict:
    """Put rows behind the element 2**31: they get the answer they get in a small batch.

    The case's batch is repeated until the largest input or output passes 2**31 elements; the last copy's
    answer is compared with the first's.
    """
    import torch

    verdict, keywords = Verdict(), contract.call_keywords(case)
    placed = subject.place(contract.fill(case), case.dtype)
    alone = subject.launch(placed, keywords)
    twice = contract.rows.repeat(placed, 2)
    grows = [twice[name].numel() - value.numel() for name, value in placed.items() if value is not None]
    del twice
    copies = 2**31 // max(*grows, *(output.numel() for output in alone)) + 2
    large = subject.launch(contract.rows.repeat(placed, copies), keywords)
    torch.cuda.synchronize()
    last = (out[-len(first) :].clone() for first, out in zip(alone, large, strict=True))
    _compare(verdict, "behind element 2**31", alone, tuple(last))
    return verdict


def largest_cases(contract: FunctionContract, device: str, budget: str, seed: int) -> list[Case]:
    """Return the largest fifth of the generated cases: in small ones the allowance hides a copy."""
    from draftproof.properties.cases.plan import cases  # a plan knows contracts, and they know this law

    generated = cases(contract, device, budget, seed)
    generated.sort(key=lambda case: -prod(case.shape.values()))
    return generated[: 1 + len(generated) // 5]


def large_cases(contract: FunctionContract, device: str, budget: str, seed: int) -> list[Case]:
    """Return one case per choice of keywords, with rows long enough to pass 2**31 soon."""
    if budget == "small" or contract.large is None:
        return []
    return [contract.large]


GRAPH_REPLAY = Law(
    "graph replay",
    "A captured graph replayed with other data gives the direct answer.",
    check_graph_replay,
    CUDA,
    share=0.2,
)
TWO_STREAMS = Law(
    "two streams",
    "Two streams at once give the answers of one.",
    check_two_streams,
    CUDA,
    share=0.1,
    alone=True,
)
MEMORY = Law(
    "memory",
    "The peak of extra memory stays within the contract.",
    check_memory,
    CUDA,
    cases=largest_cases,
    alone=True,
)
LARGE_OFFSETS = Law(
    "offsets past 2^31",
    "Rows behind the element 2^31 get the answer they get alone.",
    check_large_offsets,
    CUDA,
    cases=large_cases,
    seconds=300.0,
    alone=True,
)
