"""A request draws with its neighbour's uniform."""

import numpy as np

from draftproof.properties.mutants.base.chain import Verifier
from draftproof.reference import Verified

STORY = (
    "A classic slip: the row index of the uniforms is off by one, so the right law is emitted, with "
    "answers that depend on another request."
)
KILLED_BY = ("admissible", "rows independent")
CONFORMANCE = {"arrays": "numpy"}


class NeighboursUniform(Verifier):
    """Takes row b's uniform from row b - 1."""

    def __call__(
        self,
        draft_tokens: np.ndarray,
        draft_lengths: np.ndarray | None,
        draft_probs: np.ndarray | None,
        target_probs: np.ndarray,
        accept_uniforms: np.ndarray,
        sample_uniforms: np.ndarray,
        *,
        rule: str = "token",
    ) -> Verified:
        """Shift the uniforms by a row."""
        shifted = np.roll(sample_uniforms, 1)
        return super().__call__(
            draft_tokens, draft_lengths, draft_probs, target_probs, accept_uniforms, shifted, rule=rule
        )


verify_chain = NeighboursUniform()
