"""Addition block by block in plain NumPy."""

import numpy as np

BLOCK = 256


class Adder:
    """``vector_add``; every method is a step of the rule."""

    def __call__(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Add block by block."""
        out = np.empty(len(a), np.float32)
        for start in self.starts(len(a)):
            with np.errstate(over="ignore", invalid="ignore"):
                self.add(out[start : start + BLOCK], a[start : start + BLOCK], b[start : start + BLOCK])
        return out

    def starts(self, length: int) -> range:
        """Return where the blocks start."""
        return range(0, length, BLOCK)

    def add(self, out: np.ndarray, a: np.ndarray, b: np.ndarray) -> None:
        """Add one block."""
        np.add(a, b, out=out)
