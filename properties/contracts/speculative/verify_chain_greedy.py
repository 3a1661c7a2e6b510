"""The contract of greedy chain verification."""

from draftproof import reference
from draftproof.properties.cases.sizes import BATCHES
from draftproof.properties.contracts.speculative.drafted import (
    ACCEPTED,
    DRAFT_LENGTHS,
    DRAFT_TOKENS,
    STATUS,
    TOKENS,
)
from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import Argument, Bench, FunctionContract, Work
from draftproof.properties.inputs import speculative as inputs
from draftproof.properties.judges.verify_chain_greedy import judge_chain_greedy
from draftproof.properties.laws.shared.functions import SHARED

VERIFY_CHAIN_GREEDY = FunctionContract(
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
    sizes={"B": BATCHES, "K": (0, 1, 2, 4, 7, 8, 16, 32, 33, 64, 65)},
    options={"lengths": ("full", "ragged", "none")},
    keywords=(),
    flags=inputs.GREEDY_FLAGS,
    dtypes=("int32",),
    laws=SHARED,
    work=Work(bytes=lambda shape, *_: shape["B"] * 4 * (3 * shape["K"] + 5)),
    benches=tuple(
        Bench(Case("verify_chain_greedy", {"B": batch, "K": 4}, "int32", {"lengths": "full"}, seed=1))
        for batch in (1, 64, 256)
    ),
)
