"""A pairwise tree of float32 sums, walked down from the root."""

import numpy as np

from draftproof.reference import Sampled, Status

CONFORMANCE = {"arrays": "numpy"}
LARGE = 2.0**64


def descend(weights: np.ndarray, uniform: float) -> int:
    """Draw from float32 weights [V]; -1 if they have no mass."""
    level = np.zeros(1 << max(len(weights) - 1, 0).bit_length(), np.float32)
    level[: len(weights)] = weights
    if level.max(initial=0.0) > LARGE:  # float32 might not hold their sum
        level *= np.float32(1 / LARGE)
    levels = [level]
    while len(level) > 1:
        level = level[0::2] + level[1::2]
        levels.append(level)
    aim, at = uniform * float(level[0]), 0
    if level[0] == 0:
        return -1
    for level in levels[-2::-1]:
        left, right = float(level[2 * at]), float(level[2 * at + 1])
        if aim < left or right == 0:
            at = 2 * at
        else:
            at, aim = 2 * at + 1, aim - left
    return at


def sample(probs: np.ndarray, uniforms: np.ndarray) -> Sampled:
    """Draw from each row."""
    tokens, status = np.full(len(probs), -1, np.int32), np.zeros(len(probs), np.int32)
    for b, row in enumerate(probs):
        finite = np.isfinite(row)
        tokens[b] = descend(np.where(finite & (row > 0), row, np.float32(0.0)), float(uniforms[b]))
        status[b] = Status.DEGENERATE * (tokens[b] < 0) | Status.NAN_SEEN * (not finite.all())
    return Sampled(tokens, status)
