"""Laws about calls at the same time: threads on a processor, streams and graphs on a GPU."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from math import log
from threading import Barrier
from time import monotonic
from typing import Any

from draftproof.properties.cases.roomy import roomy
from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import Arrays, FunctionContract
from draftproof.properties.core.law import Law
from draftproof.properties.core.memory import differing
from draftproof.properties.core.promises import REPEATING
from draftproof.properties.core.subject import FunctionSubject
from draftproof.properties.core.verdict import Verdict
from draftproof.properties.laws.shared.caller import Caller, compare

CALLS = 40
"""Calls of each graph; the most of each thread in a round."""

ROUNDS, TOGETHER = 4, 0.01
"""How often two threads start at once, and for how many seconds each calls: longer than a start takes."""

SWITCH = 1e-6
"""Seconds after which Python lets another thread go on."""

PATIENCE = 30.0
"""Seconds that a thread waits for the other one."""

SIZE = 2e4
"""Elements of a case for threads: a call takes long enough to meet another one."""

STREAM_ROUNDS = 8
REPLAYS = 4


def check_two_threads(contract: FunctionContract, subject: FunctionSubject, case: Case) -> Verdict:
    """Call in two threads at once, with other inputs in each: as called alone."""
    caller = Caller(contract, subject, case)
    callers = (caller, caller.another())
    alone = [each.answer() for each in callers]
    begin = monotonic()
    callers[0].answer()
    calls = min(max(1, int(TOGETHER / (monotonic() - begin))), CALLS)
    start, verdict = Barrier(2), Verdict()

    def work(each: Caller) -> list[Arrays]:
        start.wait(PATIENCE)
        return [each.answer() for _ in range(calls)]

    with _eager_switches(), ThreadPoolExecutor(2) as threads:
        for round_ in range(1, ROUNDS + 1):
            for which, answers in enumerate(threads.map(work, callers)):
                for number, answer in enumerate(answers, 1):
                    different = differing(alone[which], answer)
                    where = f"{different}, round {round_}, call {number} in thread {which + 1} of two"
                    verdict.expect(not different, where, "as called alone", "other bits")
    return verdict


@contextmanager
def _eager_switches() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def check_two_streams(contract: FunctionContract, subject: FunctionSubject, case: Case) -> Verdict:
    """Launch on two streams at once, many times over: as launched alone."""
    import torch

    verdict, caller = Verdict(), Caller(contract, subject, case)
    callers = (caller, caller.another())
    alone = [tuple(out.clone() for out in each.launch()) for each in callers]
    torch.cuda.synchronize()
    streams = [torch.cuda.Stream(), torch.cuda.Stream()]
    answers: list[list[tuple[Any, ...]]] = [[], []]
    for _ in range(STREAM_ROUNDS):
        for which, stream in enumerate(streams):
            with torch.cuda.stream(stream):
                answers[which].append(callers[which].launch())
    torch.cuda.synchronize()
    for which in (0, 1):
        for answer in answers[which]:
            compare(verdict, f"stream {which + 1} of two", alone[which], answer)
    return verdict


def check_two_graphs(contract: FunctionContract, subject: FunctionSubject, case: Case) -> Verdict:
    """Replay two graphs of many calls at once, each captured and replayed on a stream of its own."""
    import torch

    verdict, caller = Verdict(), Caller(contract, subject, case)
    callers = (caller, caller.another())
    alone = [tuple(out.clone() for out in each.launch()) for each in callers]
    torch.cuda.synchronize()
    streams = [torch.cuda.Stream(), torch.cuda.Stream()]
    graphs = [torch.cuda.CUDAGraph(), torch.cuda.CUDAGraph()]
    answers: list[list[tuple[Any, ...]]] = []
    for each, stream, graph in zip(callers, streams, graphs, strict=True):
        with torch.cuda.stream(stream):
            each.launch()
        torch.cuda.synchronize()
        with torch.cuda.graph(graph, stream=stream):
            answers.append([each.launch() for _ in range(CALLS)])
    for round_ in range(1, REPLAYS + 1):
        for stream, graph in zip(streams, graphs, strict=True):
            with torch.cuda.stream(stream):
                graph.replay()
        torch.cuda.synchronize()
        for which, calls in enumerate(answers):
            for number, answer in enumerate(calls, 1):
                where = f"call {number} in graph {which + 1} of two, replay {round_}"
                compare(verdict, where, alone[which], answer)
    return verdict


def thread_cases(contract: FunctionContract, device: str, budget: str, seed: int) -> list[Case]:
    """Return the generated case nearest to ``SIZE``, and a small one for each choice of keywords."""
    from draftproof.properties.cases.plan import cases  # a plan knows contracts, and they know these laws

    generated = [case for case in cases(contract, device, budget, seed) if all(case.shape.values())]
    generated.sort(key=lambda case: abs(log(contract.cost(case) / SIZE)))
    return [*generated[:1], *roomy(contract, 0, seed)]


def graph_cases(contract: FunctionContract, device: str, budget: str, seed: int) -> list[Case]:
    """Return a tenth of the generated cases, and the contract's large one, whose calls overlap for long."""
    from draftproof.properties.cases.plan import cases

    generated = cases(contract, device, budget, seed)
    chosen = generated[: max(2 * len(contract.dtypes), len(generated) // 10)]
    return chosen if contract.large is None else [*chosen, contract.large]


TWO_THREADS = Law(
    "two threads",
    "Two threads at once get the answers of one.",
    check_two_threads,
    ("numpy", "cpu"),
    cases=thread_cases,
    needs=(REPEATING,),
)
TWO_STREAMS = Law(
    "two streams",
    "Two streams at once give the answers of one.",
    check_two_streams,
    ("cuda",),
    share=0.1,
    alone=True,
    needs=(REPEATING,),
)
TWO_GRAPHS = Law(
    "two graphs",
    "Two graphs of many calls, replayed at once, give the answers of one.",
    check_two_graphs,
    ("cuda",),
    cases=graph_cases,
    alone=True,
    needs=(REPEATING,),
)
