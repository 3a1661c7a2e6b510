"""The batch is one block, with a thread for each row."""

import numpy as np

from draftproof.properties.mutants.base.greedy import GreedyVerifier
from draftproof.reference import Verified

STORY = "A classic slip: a block has at most 1,024 threads, and the rows beyond are left as they were."
KILLED_BY = ("many rows",)
CONFORMANCE = {"arrays": "numpy"}
THREADS = 1024


class OneThreadPerRow(GreedyVerifier):
    """Serves the rows of one block."""

    def __call__(
        self, draft_tokens: np.ndarray, draft_lengths: np.ndarray | None, target_tokens: np.ndarray
    ) -> Verified:
        """Leave out what is beyond the block."""
        answer = super().__call__(draft_tokens, draft_lengths, target_tokens)
        for array in answer:
            array[THREADS:] = 0
        return answer


verify_chain_greedy = OneThreadPerRow()
