"""Laws that only a GPU can show: graphs, and the memory that a call takes."""

from math import prod

from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import FunctionContract
from draftproof.properties.core.law import Law
from draftproof.properties.core.promises import REPEATING
from draftproof.properties.core.subject import FunctionSubject
from draftproof.properties.core.verdict import Verdict
from draftproof.properties.laws.shared.caller import Caller, compare

CUDA = ("cuda",)


def check_graph_replay(contract: FunctionContract, subject: FunctionSubject, case: Case) -> Verdict:
    """Capture with one set of inputs, replay with another: as launched directly on the other."""
    import torch

    verdict, keywords = Verdict(), contract.call_keywords(case)
    caller = Caller(contract, subject, case)
    static, second, captured_inputs = caller.placed, caller.another().placed, caller.copies()
    expected = [tuple(out.clone() for out in subject.launch(inputs, keywords)) for inputs in (second, static)]
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
        compare(verdict, f"replay {round_} with other data", wanted, outputs)
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


def largest_cases(contract: FunctionContract, device: str, budget: str, seed: int) -> list[Case]:
    """Return the largest fifth of the generated cases: in small ones the allowance hides a copy."""
    from draftproof.properties.cases.plan import cases  # a plan knows contracts, and they know this law

    generated = cases(contract, device, budget, seed)
    generated.sort(key=lambda case: -prod(case.shape.values()))
    return generated[: 1 + len(generated) // 5]


GRAPH_REPLAY = Law(
    "graph replay",
    "A captured graph replayed with other data gives the direct answer.",
    check_graph_replay,
    CUDA,
    share=0.2,
    needs=(REPEATING,),
)
MEMORY = Law(
    "memory",
    "The peak of extra memory stays within the contract.",
    check_memory,
    CUDA,
    cases=largest_cases,
    alone=True,
)
