"""Contracts of the verification operations."""

from collections.abc import Mapping

from draftproof import reference
from draftproof.properties.cases.sizes import VOCABULARIES
from draftproof.properties.cases.traces.recorded import names as traces
from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import Argument, Arrays, Bench, Contract, Work
from draftproof.properties.inputs import speculative as inputs
from draftproof.properties.inputs.rows import ROWS
from draftproof.properties.judges.verify_chain import judge_chain
from draftproof.properties.judges.verify_chain_greedy import judge_chain_greedy
from draftproof.properties.laws.sampling.accuracy import ACCURACY
from draftproof.properties.laws.sampling.statistics import STATISTICS
from draftproof.properties.laws.shared.functions import SHARED
from draftproof.properties.laws.speculative.exact_law import BOUNDS, EXACT_LAW

TOKENS = Argument("tokens", ("B", "K+1"), "int32", "the accepted drafts, one new token, then -1")
ACCEPTED = Argument("accepted", ("B",), "int32", "how many drafts were accepted")
STATUS = Argument("status", ("B",), "int32", "status bits")
DRAFT_TOKENS = Argument("draft_tokens", ("B", "K"), "int32", "the drafted ids", hostile=True)
DRAFT_LENGTHS = Argument(
    "draft_lengths", ("B",), "int32", "drafts of each request; None means K", optional=True, hostile=True
)


def _chain_bytes(shape: Mapping[str, int], outputs: Arrays | None) -> float:
    """Bytes of the scalars and of one row of p per request, and of one of q where a draft was rejected."""
    B, K, V = shape["B"], shape["K"], shape["V"]
    accepted = None if outputs is None else outputs["accepted"]
    rejected = B if accepted is None else int((accepted < K).sum())
    return 4 * V * (B + rejected) + B * (16 * K + 4 * (K + 3) + 4)


def _chain_bench(batch: int, rule: str, target: float, peer: float, peer_name: str) -> Bench:
    options = {"rule": rule, "rows": "zipf", "drafts": "drawn", "lengths": "full", "uniforms": "float32"}
    return Bench(
        Case("verify_chain", {"B": batch, "K": 4, "V": 128_256}, "float32", options, seed=1),
        target,
        peer,
        peer_name,
    )


VERIFY_CHAIN = Contract(
    name="verify_chain",
    pillar="speculative",
    rule=(
        "Accept a prefix of each drafted chain and draw one more token, so that the emitted tokens have the "
        "target's law whatever the drafter. token rule: accept x_i while u_i q_i(x_i) < p_i(x_i), strictly; "
        "at the first rejection draw from norm(relu(p_i - q_i)), without one from the row after the last "
        "draft. block rule: the last i with u_i < h_i ends the accepted prefix, with P_0 = 1, "
        "P_i = min(1, P_{i-1} p(x_i)/q(x_i)), h_K = P_K, h_i = S/(S + 1 - P_i), S = sum relu(P_i p - q); the "
        "new token is drawn from norm(relu(P_tau p - q)). A residual without mass falls back to the "
        "target's row."
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
        Argument("target_probs", ("B", "K+1", "V"), "float32", "p, after the context and after each draft"),
        Argument("accept_uniforms", ("B", "K"), "float32 or float64", "one in [0, 1) per draft"),
        Argument("sample_uniforms", ("B",), "float32 or float64", "one in [0, 1) per request"),
    ),
    outputs=(TOKENS, ACCEPTED, STATUS),
    oracle=reference.verify_chain,
    fill=inputs.chain,
    judge=judge_chain,
    sizes={"B": (1, 2, 3, 5), "K": (0, 1, 2, 4, 7), "V": VOCABULARIES},
    options={
        "rule": ("token", "block"),
        "rows": (*ROWS, *(f"trace-{name}" for name in traces())),
        "drafts": ("drawn", "given"),
        "lengths": ("full", "ragged", "none"),
        "uniforms": ("float32", "float64"),
    },
    keywords=("rule",),
    flags=inputs.CHAIN_FLAGS,
    dtypes=("float32",),
    laws=(*SHARED, EXACT_LAW, BOUNDS, STATISTICS, ACCURACY),
    work=Work(bytes=_chain_bytes, flops=lambda shape: shape["B"] * 3 * shape["V"]),
    benches=(
        _chain_bench(1, "token", 5, 41, "FlashInfer"),
        _chain_bench(8, "token", 7, 61, "FlashInfer"),
        _chain_bench(64, "token", 26, 78, "FlashInfer"),
        _chain_bench(256, "token", 95, 172, "SGLang"),
        _chain_bench(1, "block", 7.5, 59, "SGLang"),
        _chain_bench(8, "block", 10.5, 90, "SGLang"),
        _chain_bench(64, "block", 39, 114, "SGLang"),
        _chain_bench(256, "block", 142.5, 196, "SGLang"),
    ),
    large=Case(
        "verify_chain",
        {"B": 8, "K": 4, "V": 128_256},
        "float32",
        {"rule": "token", "rows": "flat", "drafts": "given", "lengths": "none", "uniforms": "float32"},
    ),
)

VERIFY_CHAIN_GREEDY = Contract(
    name="verify_chain_greedy",
    pillar="speculative",
    rule=(
        "Accept drafts while they equal the target's tokens, then emit the target's next one. A negative "
        "draft ends the chain before it; a negative target token is emitted as -1 and sets DEGENERATE."
    ),
    source="arXiv 2211.17192 with one-hot p and q",
    arguments=(
        DRAFT_TOKENS,
        DRAFT_LENGTHS,
        Argument("target_tokens", ("B", "K+1"), "int32", "the target's choices", hostile=True),
    ),
    outputs=(TOKENS, ACCEPTED, STATUS),
    oracle=reference.verify_chain_greedy,
    fill=inputs.greedy,
    judge=judge_chain_greedy,
    sizes={"B": (1, 2, 31, 33, 257), "K": (0, 1, 4, 7, 33)},
    options={"lengths": ("full", "ragged", "none")},
    keywords=(),
    flags=("hostile_ids", "hostile_lengths"),
    dtypes=("int32",),
    laws=SHARED,
    work=Work(bytes=lambda shape, _: shape["B"] * 4 * (3 * shape["K"] + 5), flops=lambda shape: 0.0),
    benches=tuple(
        Bench(Case("verify_chain_greedy", {"B": batch, "K": 4}, "int32", {"lengths": "full"}, seed=1))
        for batch in (1, 64, 256)
    ),
    large=None,
)
