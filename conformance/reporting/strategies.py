"""Hypothesis strategies for whole reports, for tests of everything that reads one."""

from collections import Counter

from hypothesis import strategies as st

from draftproof.conformance.reporting.records import (
    EXPLAINED,
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

OPERATIONS = ("verify_chain", "verify_chain_greedy", "sample", "softmax", "uniforms", "vector_add")
DTYPES = ("float32", "float16", "bfloat16")
LAWS = ("agrees with the oracle", "inputs unchanged", "batch invariance")

texts = st.text(st.characters(codec="utf-8"), max_size=20)
names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
quantities = st.floats(0, 1e12, allow_nan=False)
counts = st.integers(0, 10**9)
findings = st.builds(Finding, texts, texts, texts, st.floats(0, allow_nan=False))
measures = st.dictionaries(names, st.floats(allow_nan=False).filter(lambda x: x != -float("inf")), max_size=2)


@st.composite
def results(draw: st.DrawFn) -> Result:
    """Draw one result; its case line has the operation and dtype that the result names."""
    operation, dtype = draw(st.sampled_from(OPERATIONS)), draw(st.sampled_from(DTYPES))
    state = draw(st.sampled_from(State))
    reason = draw(names if state in EXPLAINED else texts)
    case = f"{operation}/B=1/{dtype}/-/seed={draw(st.integers(0, 99))}/-"
    law, failed = draw(st.sampled_from(LAWS)), state in (State.FAIL, State.WAIVED)
    return Result(
        operation,
        dtype,
        law,
        case,
        state,
        draw(quantities),
        draw(counts),
        draw(counts),
        tuple(draw(st.lists(findings, max_size=3))) if failed else (),
        draw(measures),
        reason,
        f"draftproof replay '{case}' --backend {draw(names)} --law '{law}'",
    )


@st.composite
def benches(draw: st.DrawFn) -> BenchRow:
    """Draw one timing."""
    operation, time = draw(st.sampled_from(OPERATIONS)), draw(st.floats(0.5, 1e5))
    perhaps = st.none() | st.floats(0.5, 1e5)
    return BenchRow(
        operation,
        f"{operation}/B={draw(st.integers(1, 512))},V=128/float32/-/seed=0/-",
        draw(st.sampled_from(("eager", "draftproof.optimized.triton", "my.kernels"))),
        time,
        time * draw(st.floats(0.5, 1)),
        time * draw(st.floats(1, 2)),
        draw(st.floats(0.1, 1e5)),
        draw(quantities),
        draw(quantities),
        draw(st.none() | quantities),
        draw(st.none() | counts),
        draw(perhaps),
        draw(perhaps),
        draw(st.none() | st.sampled_from(("FlashInfer", "SGLang"))),
    )


@st.composite
def reports(
    draw: st.DrawFn, backend: str = "my.kernels", device: str = "cuda", cases: tuple[str, ...] = ()
) -> Report:
    """Draw a whole report; those with the same ``cases`` have the same digest and can be combined."""
    drawn = draw(st.lists(results(), max_size=12, unique_by=lambda result: result.key))
    tally = Counter(result.state.value for result in drawn)
    known = st.none() | names
    header = Header(
        Suite(draw(names), draw(names), draw(st.integers(0, 9)), len(drawn), digest(cases)),
        Implementation(backend, device, draw(st.dictionaries(names, names, max_size=1))),
        Machine(draw(texts), draw(names), draw(names), draw(known), draw(known), draw(known), draw(known)),
        draw(st.dictionaries(names, known, max_size=3)),
        draw(names),
        "2026-11-21T23:10:00+00:00",
    )
    footer = Footer(
        {state.value: tally[state.value] for state in State}, sum(result.seconds for result in drawn)
    )
    return Report(header, tuple(drawn), tuple(draw(st.lists(benches(), max_size=6))), footer)
