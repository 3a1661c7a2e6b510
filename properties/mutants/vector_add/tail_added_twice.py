"""The last block overlaps the one before."""

import numpy as np

from draftproof.properties.mutants.base.addition import BLOCK, Adder

STORY = (
    "A classic slip: the last block is moved back to end at N, which is harmless for a store and wrong "
    "for an addition in place."
)
KILLED_BY = ("admissible",)
CONFORMANCE = {"arrays": "numpy"}


class TailAddedTwice(Adder):
    """Adds the overlap twice."""

    def __call__(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Add b to a copy of a, block by block."""
        out = a.copy()
        for start in self.starts(len(a)):
            start = max(min(start, len(a) - BLOCK), 0)
            with np.errstate(over="ignore", invalid="ignore"):
                out[start : start + BLOCK] += b[start : start + BLOCK]
        return out


vector_add = TailAddedTwice()
