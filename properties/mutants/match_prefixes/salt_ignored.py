"""Every request is matched from the first one's root."""

import numpy as np

from draftproof.properties.mutants.base.flat_tree import Matcher

STORY = "SGLang 24568, vLLM 44701, on the device: the namespace (adapter, salt) of a request is not its own."
KILLED_BY = ("admissible", "rows independent")
CONFORMANCE = {"arrays": "numpy"}


class SaltIgnored(Matcher):
    """Uses one root for the batch."""

    def root(self, roots: np.ndarray, r: int) -> int:
        """Return the first request's."""
        return int(roots[0])


match_prefixes = SaltIgnored()
