"""The ids after the emitted run are never written."""

import numpy as np

from draftproof.properties.mutants.base.chain import Verifier

STORY = (
    "vLLM: the output is allocated and only the emitted run is stored; the caller sees what the memory "
    "held before."
)
KILLED_BY = ("fully written",)
CONFORMANCE = {"arrays": "numpy"}


class PaddingUndefined(Verifier):
    """Leaves the padding to chance."""

    def blank(self, rows: int, width: int) -> np.ndarray:
        """Allocate, without writing."""
        return np.empty((rows, width), np.int32)


verify_chain = PaddingUndefined()
