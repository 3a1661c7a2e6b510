"""Each call marks what it has written with its number, in a byte."""

import numpy as np

from draftproof.properties.mutants.base.greedy import GreedyVerifier
from draftproof.reference import Verified

STORY = (
    "A classic slip: scratch is not cleared but marked with the number of the call, which is kept in a byte, "
    "and the 256th call takes marks of 0, as in memory that nobody has used, for its own."
)
KILLED_BY = ("many calls",)
CONFORMANCE = {"arrays": "numpy"}


class CounterWraps(GreedyVerifier):
    """Counts its calls modulo 256."""

    calls = 0

    def __call__(
        self, draft_tokens: np.ndarray, draft_lengths: np.ndarray | None, target_tokens: np.ndarray
    ) -> Verified:
        """Accept nothing where the mark is 0: the row counts as done."""
        self.calls = (self.calls + 1) % 256
        if self.calls == 0:
            draft_lengths = np.zeros(len(draft_tokens), np.int32)
        return super().__call__(draft_tokens, draft_lengths, target_tokens)


verify_chain_greedy = CounterWraps()
