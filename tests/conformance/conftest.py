"""A run that looks like a real one, with every state in it."""

import math
import random
from collections import Counter
from collections.abc import Iterator

import pytest

from draftproof.conformance.evidence.records import Mutant
from draftproof.conformance.reporting.records import (
    BenchRow,
    Footer,
    Header,
    Implementation,
    Machine,
    Report,
    Result,
    Suite,
)
from draftproof.conformance.reporting.report import digest
from draftproof.properties.core.verdict import Finding, State

OPERATIONS = {
    "verify_chain": ("B={B},K=4,V=128256", ("float32",), "rule=token"),
    "verify_chain_greedy": ("B={B},K=4,V=128256", ("float32",), "-"),
    "sample": ("B={B},V=128256", ("float32",), "uniforms=float64"),
    "softmax": ("B={B},V=128256", ("float32", "float16", "bfloat16"), "-"),
    "uniforms": ("B={B}", ("float32",), "-"),
    "vector_add": ("N={B}", ("float32", "float16", "bfloat16"), "-"),
}
LAWS = (
    "agrees with the oracle",
    "inputs unchanged",
    "outputs written",
    "red zones",
    "batch invariance",
    "graph replay",
)
SPEED = {"verify_chain": (41, 61, 78, 172, 5, 7, 26, 95), "sample": (35, 37, 40, 69, 5, 7, 16, 50)}
SLOWNESS = {"eager": 9.0, "triton": 1.3, "cupy": 1.6, "cuda": 1.0}
FAULTS = {
    ("cupy", "verify_chain", "agrees with the oracle"): State.FAIL,
    ("cupy", "sample", "red zones"): State.ERROR,
    ("cupy", "uniforms", "agrees with the oracle"): State.NOT_RUN,
    ("triton", "softmax", "graph replay"): State.WAIVED,
    ("eager", "softmax", "graph replay"): State.UNAVAILABLE,
}
REASONS = {
    State.ERROR: "CUDA error: an illegal memory access was encountered",
    State.NOT_RUN: "the time limit of the run was reached",
    State.WAIVED: "float16 sums drift; until 2027-02-01: https://example.org/project/issues/17",
    State.UNAVAILABLE: "the law needs CUDA graphs, and the eager softmax synchronises",
    State.ABSENT: "draftproof.optimized.cupy has no verify_chain_greedy",
}
FINDINGS = (
    Finding("row 3, position 2", "rejected (u q = 0.31250, p = 0.31249)", "accepted", 41.7),
    Finding("row 5, drawn token", "one of 17..17", "-1"),
)


def result(backend: str, operation: str, dtype: str, law: str, seed: int) -> Result:
    shape, _, options = OPERATIONS[operation]
    case = f"{operation}/{shape.format(B=seed % 5)}/{dtype}/{options}/seed={seed}/nan+ragged"
    state = FAULTS.get((backend, operation, law), State.PASS) if seed % 3 == 1 else State.PASS
    if dtype != "float32" and state is State.WAIVED and dtype != "float16":
        state = State.PASS
    return Result(
        operation,
        dtype,
        law,
        case,
        state,
        0.02,
        120,
        seed % 2,
        FINDINGS[: 1 + seed % 2] if state is State.FAIL else (),
        {
            "error_eps": 0.5 + seed / 8,
            "p_value": 1 / (40 - seed),
            "tv": math.inf if state is State.ERROR else 3e-8,
        },
        REASONS.get(state, ""),
        f"draftproof replay '{case}' --backend draftproof.optimized.{backend} --law '{law}'",
    )


def absent(operation: str, dtype: str) -> Result:
    return Result(operation, dtype, "", "", State.ABSENT, reason=REASONS[State.ABSENT])


def checked(backend: str) -> Iterator[Result]:
    for operation, (_, dtypes, _) in OPERATIONS.items():
        for dtype in dtypes:
            if (backend, operation) == ("cupy", "verify_chain_greedy"):
                yield absent(operation, dtype)
            else:
                yield from (result(backend, operation, dtype, law, n) for law in LAWS for n in range(20))


def timed(backend: str) -> Iterator[BenchRow]:
    noise = random.Random(backend)
    for operation, figures in SPEED.items():
        for column, B in enumerate((1, 8, 64, 256)):
            shape, _, options = OPERATIONS[operation]
            rows = 9 if operation == "verify_chain" else 1
            moved = 4.0 * 128256 * B * rows * 0.45
            floor = max(2.0, moved / 3e6)
            time = (floor * 1.15 + 1.5) * SLOWNESS[backend] * noise.uniform(0.95, 1.1)
            yield BenchRow(
                operation,
                f"{operation}/{shape.format(B=B)}/float32/{options}/seed=0/-",
                f"draftproof.optimized.{backend}",
                time,
                time * 0.97,
                time * 1.06,
                floor,
                moved,
                time / floor,
                time / ((floor * 1.15 + 1.5) * SLOWNESS["eager"]),
                2**20 + 2**12 * B,
                figures[4 + column],
                figures[column],
                "SGLang" if B == 256 else "FlashInfer",
            )


def report(backend: str, device: str = "cuda") -> Report:
    results = tuple(checked(backend))
    counts = Counter(result.state.value for result in results)
    on_gpu = device == "cuda"
    header = Header(
        Suite("0.1.0", "standard", 0, 1184, digest(["a case"])),
        Implementation(f"draftproof.optimized.{backend}", device),
        Machine(
            "Intel Xeon Platinum 8480+",
            "3.12.3",
            "Linux-6.8-x86_64",
            *(("NVIDIA H100 80GB HBM3", "sm90", "580.95", "13.0") if on_gpu else ()),
        ),
        {"numpy": "2.3.5", "torch": "2.11.0+cu130", "triton": "3.6.0", "cupy": None},
        f"draftproof check draftproof.optimized.{backend} --budget standard",
        "2026-11-21T23:10:00+00:00",
    )
    footer = Footer({state.value: counts[state.value] for state in State}, 81.5)
    return Report(header, results, tuple(timed(backend)) if on_gpu else (), footer)


@pytest.fixture
def reports() -> tuple[Report, ...]:
    """Four backends on one device; cupy has failures, errors, gaps."""
    return tuple(report(backend) for backend in SLOWNESS)


@pytest.fixture
def mutants() -> tuple[Mutant, ...]:
    return (
        Mutant("accept-with-equality", "u <= p/q accepts a token of probability 0", (LAWS[0],)),
        Mutant("survivor", "a bug that no law saw", ()),
    )
