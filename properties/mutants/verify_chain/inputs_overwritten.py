"""The target's probabilities serve as scratch."""

import numpy as np

from draftproof.properties.mutants.base.chain import Verifier

STORY = "vllm-ascend 2881: the drafted token's target probability is set to 0 in the caller's tensor."
KILLED_BY = ("inputs unchanged",)
CONFORMANCE = {"arrays": "numpy"}


class InputsOverwritten(Verifier):
    """Writes into target_probs."""

    def target_rows(self, p: np.ndarray) -> np.ndarray:
        """Clean the rows where they lie, after reading them."""
        rows = super().target_rows(p)
        p[rows <= rows.mean()] = 0.0
        return rows


verify_chain = InputsOverwritten()
