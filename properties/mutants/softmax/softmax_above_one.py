"""The largest probability exceeds 1."""

import numpy as np

from draftproof.properties.mutants.base.sampling import Softmax

STORY = (
    "FlashInfer 5088: at temperature 0.001 p reached 1.0013: the maximum is scaled and rounded, the "
    "logit is scaled inside a fused multiply-add, and the two no longer cancel."
)
KILLED_BY = ("admissible",)
CONFORMANCE = {"arrays": "numpy"}


class SoftmaxAboveOne(Softmax):
    """Scales twice, rounding once."""

    def weights(self, row: np.ndarray, highest: np.float32) -> np.ndarray:
        """exp2(l * log2 e - m), with m rounded and the product not."""
        scale = np.float32(np.log2(np.e))
        rounded = np.float64(highest * scale)
        return np.exp2(row.astype(np.float64) * scale - rounded).astype(np.float32)


softmax = SoftmaxAboveOne()
