"""The slot in the batch is a part of the seed."""

import numpy as np

from draftproof.properties.mutants.base.sampling import Uniforms

STORY = "FlashInfer: the stream is chosen by seed and row, so that a request draws otherwise in another slot."
KILLED_BY = ("admissible", "rows independent")
CONFORMANCE = {"arrays": "numpy"}


class SeedDependsOnSlot(Uniforms):
    """Adds the row to the seed."""

    def key(self, seeds: np.ndarray, b: int) -> int:
        """Seed and slot."""
        return (super().key(seeds, b) + b) % 2**64


uniforms = SeedDependsOnSlot()
