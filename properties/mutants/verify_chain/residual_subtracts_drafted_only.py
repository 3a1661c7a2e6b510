"""The residual is p less q of the drafted token alone."""

import numpy as np

from draftproof.properties.mutants.base.chain import Request, Verifier

STORY = "xllm, EAGLE: in the residual q is taken as 0 everywhere but at the drafted token."
KILLED_BY = ("admissible", "exact law")
CONFORMANCE = {"arrays": "numpy"}


class ResidualSubtractsDraftedOnly(Verifier):
    """Forgets the rest of q."""

    def residual(self, request: Request, i: int, rate: float) -> np.ndarray:
        """Subtract at the draft."""
        weights = rate * request.p_row(i)
        weights[request.drafts[i]] = 0.0
        return weights


verify_chain = ResidualSubtractsDraftedOnly()
