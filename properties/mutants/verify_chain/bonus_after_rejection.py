"""The bonus row is sampled although a draft was rejected."""

import numpy as np

from draftproof.properties.mutants.base.chain import Request, Verifier

STORY = "A classic slip: the last token always comes from the row after the last draft."
KILLED_BY = ("admissible", "exact law", "statistics")
CONFORMANCE = {"arrays": "numpy"}


class BonusAfterRejection(Verifier):
    """Always draws from the last row."""

    def next_weights(self, request: Request, count: int, rule: str) -> np.ndarray:
        """Return the bonus row."""
        return request.p_row(len(request.drafts))


verify_chain = BonusAfterRejection()
