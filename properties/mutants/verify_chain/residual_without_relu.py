"""The residual keeps its negative part."""

import numpy as np

from draftproof.properties.mutants.base.chain import Request, Verifier

STORY = "A classic slip: p - q instead of relu(p - q) goes into the inverse CDF."
KILLED_BY = ("admissible", "exact law")
CONFORMANCE = {"arrays": "numpy"}


class ResidualWithoutRelu(Verifier):
    """Draws from p - q."""

    def residual(self, request: Request, i: int, rate: float) -> np.ndarray:
        """Subtract, and leave it at that."""
        weights: np.ndarray = rate * request.p_row(i) - request.q_row(i)
        return weights


verify_chain = ResidualWithoutRelu()
