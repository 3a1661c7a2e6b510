"""A child is taken because its fingerprint agrees."""

import numpy as np

from draftproof.properties.mutants.base.flat_tree import Matcher

STORY = (
    "A classic slip of caches keyed by hashes: a 32-bit fingerprint is taken for the page, and a request is "
    "served the keys and values of another's tokens."
)
KILLED_BY = ("admissible",)
CONFORMANCE = {"arrays": "numpy"}


class FingerprintTrusted(Matcher):
    """Does not look at the page."""

    def same(self, row: int, page: np.ndarray) -> bool:
        """Trust the key."""
        return True


match_prefixes = FingerprintTrusted()
