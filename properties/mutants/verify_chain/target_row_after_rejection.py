"""A rejection is followed by a draw from the target's row."""

import numpy as np

from draftproof.properties.mutants.base.chain import Request, Verifier

STORY = (
    "A classic slip: after a rejection the token is drawn from p instead of the residual, so what q "
    "favours is emitted twice over."
)
KILLED_BY = ("admissible", "exact law")
CONFORMANCE = {"arrays": "numpy"}


class TargetRowAfterRejection(Verifier):
    """Has no residual."""

    def residual(self, request: Request, i: int, rate: float) -> np.ndarray:
        """Return the target's row."""
        return request.p_row(i)


verify_chain = TargetRowAfterRejection()
