"""The contract of chain verification by rejection sampling."""

from collections.abc import Mapping

from draftproof import reference
from draftproof.properties.cases.sizes import BATCHES, VOCABULARIES
from draftproof.properties.cases.traces.recorded import names
from draftproof.properties.contracts.speculative.chain_cells import ChainCells
from draftproof.properties.contracts.speculative.chain_emission import CHAIN_DRAW, ChainEmission
from draftproof.properties.contracts.speculative.drafted import (
    ACCEPTED,
    DRAFT_LENGTHS,
    DRAFT_TOKENS,
    ROW_STATUS,
    TOKENS,
)
from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import Argument, Arrays, Bench, FunctionContract, Work
from draftproof.properties.inputs import speculative as inputs
from draftproof.properties.inputs.rows import ROWS
from draftproof.properties.judges.verify_chain import judge_chain
from draftproof.properties.laws.sampling.accuracy import ACCURACY
from draftproof.properties.laws.sampling.statistics import STATISTICS
from draftproof.properties.laws.shared.functions import SHARED
from draftproof.properties.laws.speculative.exact_law import BOUNDS, EXACT_LAW

RULES = ("token", "block")
DRAFTS = ("drawn", "given")


def _bytes(shape: Mapping[str, int], inputs: Arrays | None, outputs: Arrays | None) -> float:
    """Bytes of the scalars and of one row of p per request, and of one of q where a draft was rejected."""
    B, K, V = shape["B"], shape["K"], shape["V"]
    accepted = None if outputs is None else outputs["accepted"]
    rejected = B if accepted is None else int((accepted < K).sum())
    return 4 * V * (B + rejected) + B * (16 * K + 4 * (K + 3) + 4)


def _bench(batch: int, rule: str, target: float, peer: float, peer_name: str) -> Bench:
    options = {"rule": rule, "rows": "zipf", "drafts": "drawn", "lengths": "full", "uniforms": "float32"}
    return Bench(
        Case("verify_chain", {"B": batch, "K": 4, "V": 128_256}, "float32", options, seed=1),
        target,
        peer,
        peer_name,
    )


def _long(B: int, rule: str, drafts: str) -> Case:
    """Many long chains, so that each seam of the columns decides some."""
    options = {"rule": rule, "rows": "zipf", "drafts": drafts, "lengths": "full", "uniforms": "float32"}
    return Case("verify_chain", {"B": B, "K": 33, "V": 31}, "float32", options)


def _ending(V: int, drafts: str) -> Case:
    """Many texts that end inside their chain."""
    options = {"rule": "block", "rows": "zipf", "drafts": drafts, "lengths": "full", "uniforms": "float32"}
    return Case("verify_chain", {"B": 36, "K": 4, "V": V}, "float32", options, flags=frozenset({"zero_row"}))


VERIFY_CHAIN = FunctionContract(
    name="verify_chain",
    pillar="speculative",
    rule=(
        "Accept a prefix of each drafted chain and draw one more token, so that the emitted tokens have the "
        "target's law whatever the drafter. token rule: accept x_i while u_i q_i(x_i) < p_i(x_i), strictly; "
        "at the first rejection draw from norm(relu(p_i - q_i)), without one from the row after the last "
        "draft. block rule: the last i with u_i < h_i ends the accepted prefix, with P_0 = 1, "
        "P_i = min(1, P_{i-1} p(x_i)/q(x_i)), h_K = P_K, h_i = S/(S + 1 - P_i), S = sum relu(P_i p - q); the "
        "new token is drawn from norm(relu(P_tau p - q)). A residual without mass falls back to the "
        "target's row. A target's row without mass ends the chain: the draft that leads to it is judged as "
        "the last one, and -1 and DEGENERATE follow it."
    ),
    source="token: arXiv 2211.17192, Algorithm 1, and 2302.01318; block: arXiv 2403.10444, Algorithm 2",
    arguments=(
        DRAFT_TOKENS,
        DRAFT_LENGTHS,
        Argument(
            "draft_probs",
            ("B", "K", "V"),
            "float32",
            "q, the law each draft was drawn from; None: one-hot at the draft",
            optional=True,
        ),
        Argument(
            "target_probs",
            ("B", "K+1", "V"),
            "float32",
            "p, after the context and after each draft; under the block rule rows sum to at most 1",
            largest=1.0,
        ),
        Argument(
            "accept_uniforms", ("B", "K"), "float32 or float64", "one in [0, 1) per draft", domain=(0, 1)
        ),
        Argument("sample_uniforms", ("B",), "float32 or float64", "one in [0, 1) per request", domain=(0, 1)),
    ),
    outputs=(TOKENS, ACCEPTED, ROW_STATUS),
    oracle=reference.verify_chain,
    fill=inputs.chain,
    judge=judge_chain,
    sizes={"B": BATCHES, "K": (0, 1, 2, 4, 7, 8, 16, 32, 33), "V": VOCABULARIES},
    options={
        "rule": RULES,
        "rows": (*ROWS, *(f"trace-{name}" for name in names())),
        "drafts": DRAFTS,
        "lengths": ("full", "ragged", "none"),
        "uniforms": ("float32", "float64"),
    },
    keywords=("rule",),
    flags=inputs.CHAIN_FLAGS,
    dtypes=("float32",),
    laws=(*SHARED, EXACT_LAW, BOUNDS, STATISTICS, ACCURACY),
    work=Work(bytes=_bytes, flops=lambda shape, *_: shape["B"] * 3 * shape["V"]),
    benches=(
        _bench(1, "token", 5, 41, "FlashInfer"),
        _bench(8, "token", 7, 61, "FlashInfer"),
        _bench(64, "token", 26, 78, "FlashInfer"),
        _bench(256, "token", 95, 172, "SGLang"),
        _bench(1, "block", 7.5, 59, "SGLang"),
        _bench(8, "block", 10.5, 90, "SGLang"),
        _bench(64, "block", 39, 114, "SGLang"),
        _bench(256, "block", 142.5, 196, "SGLang"),
    ),
    draw=CHAIN_DRAW,
    emission=ChainEmission(RULES),
    cells=ChainCells(RULES, DRAFTS),
    large=Case(
        "verify_chain",
        {"B": 8, "K": 4, "V": 128_256},
        "float32",
        {"rule": "token", "rows": "flat", "drafts": "given", "lengths": "none", "uniforms": "float32"},
    ),
    corners=(
        _long(56, "token", "drawn"),
        _long(56, "token", "given"),
        _long(56, "block", "drawn"),
        _ending(4097, "drawn"),
        _ending(31, "given"),
    ),
)
