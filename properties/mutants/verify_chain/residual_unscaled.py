"""The block rule draws from the token rule's residual."""

import numpy as np

from draftproof.properties.mutants.base.chain import Request, Verifier

STORY = (
    "A classic slip: relu(p - q) where the block rule has relu(P p - q), with P the block's acceptance "
    "so far."
)
KILLED_BY = ("exact law",)
CONFORMANCE = {"arrays": "numpy"}


class ResidualUnscaled(Verifier):
    """Leaves P out of the residual."""

    def residual(self, request: Request, i: int, rate: float) -> np.ndarray:
        """Forget the rate."""
        return super().residual(request, i, 1.0)


verify_chain = ResidualUnscaled()
