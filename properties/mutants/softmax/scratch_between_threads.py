"""The batch lies in the object while its rows are worked on."""

import numpy as np

from draftproof.properties.mutants.base.sampling import Softmax

STORY = (
    "A classic slip: what one call works out lies in an attribute or a static buffer for a while, where "
    "a call in another thread puts its own."
)
KILLED_BY = ("two threads",)
CONFORMANCE = {"arrays": "numpy"}


class ScratchBetweenThreads(Softmax):
    """Keeps the batch that it works on."""

    logits: np.ndarray

    def __call__(self, logits: np.ndarray) -> np.ndarray:
        """Put the batch down, and take up a row at a time."""
        self.logits = logits
        rows = [super(ScratchBetweenThreads, self).__call__(self.logits[[b]]) for b in range(len(logits))]
        return np.concatenate([np.zeros((0, logits.shape[1]), np.float32), *rows])


softmax = ScratchBetweenThreads()
