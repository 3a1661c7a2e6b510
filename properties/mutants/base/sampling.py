"""Softmax, uniforms and draws in plain NumPy."""

import numpy as np

from draftproof.reference import Sampled, Status
from draftproof.reference.sampling.uniforms import philox4x32


def mass(row: np.ndarray) -> np.ndarray:
    """Return probabilities in float64 with everything that is none set to 0."""
    row = row.astype(np.float64)
    return np.where(np.isfinite(row) & (row > 0), row, 0.0)


def draw(weights: np.ndarray, uniform: float) -> int:
    """Return the smallest id with weight whose CDF exceeds u * total; -1 if nothing has weight."""
    cdf = np.cumsum(weights)
    with_mass = np.flatnonzero(weights > 0)
    if not with_mass.size:
        return -1
    beyond = with_mass[cdf[with_mass] > uniform * cdf[-1]]
    return int(beyond[0] if beyond.size else with_mass[-1])


class Sampler:
    """``sample``; every method is a step of the rule."""

    def __call__(self, probs: np.ndarray, uniforms: np.ndarray) -> Sampled:
        """Draw from each row by itself."""
        tokens, status = np.full(len(probs), -1, np.int32), np.zeros(len(probs), np.int32)
        for b, row in enumerate(probs):
            tokens[b] = self.draw(mass(row), uniforms[b])
            status[b] = Status.DEGENERATE if tokens[b] < 0 else Status.OK
            status[b] |= Status.OK if np.isfinite(row).all() else Status.NAN_SEEN
        return Sampled(tokens, status)

    def draw(self, weights: np.ndarray, uniform: np.floating) -> int:
        """Draw by inverse CDF."""
        return draw(weights, float(uniform))


class Softmax:
    """``softmax``; every method is a step of the rule."""

    def __call__(self, logits: np.ndarray) -> np.ndarray:
        """Normalise each row by itself; float32 [B, V]."""
        probs = np.zeros(logits.shape, np.float32)
        for b, row in enumerate(logits.astype(np.float32)):
            row = np.where(np.isnan(row), np.float32(-np.inf), row)
            highest = row.max(initial=np.float32(-np.inf))
            if highest == np.inf:
                row, highest = np.where(row == np.inf, np.float32(0.0), np.float32(-np.inf)), np.float32(0.0)
            if highest > -np.inf:
                weights = self.weights(row, highest)
                probs[b] = weights / self.total(row, highest, len(logits))
        return probs

    def weights(self, row: np.ndarray, highest: np.float32) -> np.ndarray:
        """exp(l - max l), float32 [V]."""
        return np.exp(row - highest)

    def total(self, row: np.ndarray, highest: np.float32, rows: int) -> np.float32:
        """Add up the weights of one of ``rows`` rows."""
        return np.float32(np.exp(row - highest).sum(dtype=np.float32))


class Uniforms:
    """``uniforms``; every method is a step of the rule."""

    def __call__(self, seeds: np.ndarray, offsets: np.ndarray, *, count: int) -> np.ndarray:
        """Return float32 [B, count]."""
        out = np.zeros((len(seeds), count), np.float32)
        for b in range(len(seeds)):
            key = self.key(seeds, b)
            for j in range(count):
                number = self.number(int(offsets[b]), j)
                out[b, j] = self.uniform(philox4x32(number // 4, key)[number % 4])
        return out

    def key(self, seeds: np.ndarray, b: int) -> int:
        """Return the key of request b."""
        return int(seeds[b]) % 2**64

    def number(self, offset: int, j: int) -> int:
        """Return the number of element j of the stream."""
        return (offset + j) % 2**64

    def uniform(self, word: int) -> float:
        """Return a word's upper 24 bits as a number in [0, 1)."""
        return (word >> 8) * 2.0**-24
