"""A residual without mass gives the last id of the vocabulary."""

import numpy as np

from draftproof.properties.mutants.base.chain import Request, Verifier

STORY = (
    "SGLang's and FlashInfer's chain kernels (FlashInfer 5088): no id passes the test of the inverse "
    "CDF, and the initial value, V - 1, is emitted."
)
KILLED_BY = ("admissible",)
CONFORMANCE = {"arrays": "numpy"}


class EmptyResidualLastToken(Verifier):
    """Falls back to V - 1."""

    def without_residual(self, request: Request, i: int) -> np.ndarray:
        """All mass on the last id."""
        return np.where(np.arange(request.p.shape[-1]) == request.p.shape[-1] - 1, 1.0, 0.0)


verify_chain = EmptyResidualLastToken()
