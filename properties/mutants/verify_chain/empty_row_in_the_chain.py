"""A target's row without mass inside the chain is read like any other."""

import numpy as np

from draftproof.properties.mutants.base.chain import Verifier

STORY = (
    "Ours, until a stranger tried it: all tokens are masked behind a drafted end-of-sequence, the block rule "
    "takes h = S/(S + 1 - P) from that row, and texts that end there are lost."
)
KILLED_BY = ("exact law", "bounds", "admissible")
CONFORMANCE = {"arrays": "numpy"}


class EmptyRowInTheChain(Verifier):
    """Keeps the drafts that follow an end of sequence."""

    def possible(self, drafts: np.ndarray, p: np.ndarray) -> np.ndarray:
        """Keep them all."""
        return drafts


verify_chain = EmptyRowInTheChain()
