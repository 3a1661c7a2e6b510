"""A row without mass gives token 0."""

import numpy as np

from draftproof.properties.mutants.base.chain import Verifier

STORY = (
    "A classic slip: argmax over no candidates is 0, so a row of zeros or NaN emits id 0 as if the "
    "target had meant it."
)
KILLED_BY = ("admissible",)
CONFORMANCE = {"arrays": "numpy"}


class DegenerateRowGivesToken(Verifier):
    """Invents a token."""

    def draw(self, weights: np.ndarray, uniform: float) -> int:
        """Never say -1."""
        return max(super().draw(weights, uniform), 0)


verify_chain = DegenerateRowGivesToken()
