"""What no uniforms could do: the judge of a verified chain whose randomness is its own."""

import numpy as np

from draftproof.properties.core.verdict import Verdict
from draftproof.properties.judges.drawing import judge_support
from draftproof.properties.judges.rounding import PRODUCT
from draftproof.reference.speculative.verify_chain import Chain


def judge_structure(verdict: Verdict, b: int, chain: Chain, claimed: int, token: int, rule: str) -> None:
    """Judge that an accepted prefix and the token after it have mass under some uniforms.

    A draft that the target gives no mass is never accepted, one that it gives more than the drafter is never
    rejected by the token rule, and after a rejection the residual is drawn from.
    """
    rates = chain.block_rates() if rule == "block" else [1.0] * (len(chain.drafts) + 1)
    for i, x in enumerate(chain.drafts[: claimed + 1]):
        p, q = float(chain.p(i, x)), float(chain.q(i, x))
        where = f"row {b}, position {i}"
        if i < claimed and rule == "token":
            verdict.expect(p > 0, where, "rejected, for p(x) = 0", f"token {x} accepted")
        elif rule == "token":
            verdict.expect(
                p <= q * (1 + PRODUCT), where, f"accepted, for p = {p:.9g} > q = {q:.9g}", "rejected"
            )
    if rule == "block":
        verdict.expect(
            rates[claimed] > 0, f"row {b}, position {claimed}", "not the block's end: P = 0", "accepted"
        )
    where, target = f"row {b}, the token after {claimed} accepted", chain.p(claimed)
    judge_support(verdict, where, target, token)
    if claimed == len(chain.drafts) or not 0 <= token < len(target) or rates[claimed] != 1.0:
        return
    residual = np.maximum(target - chain.q(claimed), 0.0)
    if residual.any():
        judge_support(verdict, where, residual, token)
