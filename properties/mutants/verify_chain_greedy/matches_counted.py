"""Agreement behind the first mismatch counts."""

import numpy as np

from draftproof.properties.mutants.base.greedy import GreedyVerifier

STORY = "A classic slip: the number of equal positions instead of the length of the equal prefix."
KILLED_BY = ("admissible",)
CONFORMANCE = {"arrays": "numpy"}


class MatchesCounted(GreedyVerifier):
    """Forgets that a prefix is meant."""

    def accepted(self, drafts: np.ndarray, targets: np.ndarray) -> int:
        """Count wherever they agree."""
        return int((drafts == targets[: len(drafts)]).sum())


verify_chain_greedy = MatchesCounted()
