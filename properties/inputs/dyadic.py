"""Rows that float32 adds without rounding, and uniforms that tie with them: there the rule alone decides.

Every entry is a multiple of 2**-24 and the sum is a power of two of at most 1, so that sums in any order,
differences, and the quotient by the total are all exact.
"""

import numpy as np

GRAIN = 2**24
"""Units of a whole: float32 represents every count of them up to this one."""


def adds_exactly(weights: np.ndarray) -> bool:
    """Whether weights [V] are multiples of 2**-24 whose sum is a power of two of at most 1.

    >>> adds_exactly(np.array([0.25, 0.0, 0.25])), adds_exactly(np.array([0.25, 0.5]))
    (True, False)
    """
    units = weights * float(GRAIN)
    total = float(units.sum())
    if not 0 < total <= GRAIN or bool((units != np.rint(units)).any()):
        return False
    return int(total) & (int(total) - 1) == 0


def units(rng: np.random.Generator, vocabulary: int, total: int, among: np.ndarray) -> np.ndarray:
    """Share ``total`` units out, int64 [V], to the ids ``among``; some of them may get none."""
    shared = np.zeros(vocabulary, np.int64)
    if len(among) and total % len(among) == 0 and rng.random() < 0.25:
        shared[among] = total // len(among)
        return shared
    weights = rng.exponential(size=len(among)) ** 3
    weights[rng.random(len(among)) < 0.2] = 0.0
    shared[among] = np.floor(weights / max(weights.sum(), 1e-300) * total)
    shared[rng.choice(among)] += total - shared.sum()
    return shared


def dyadic_row(rng: np.random.Generator, vocabulary: int) -> np.ndarray:
    """Return one row: float32 [V]."""
    total = GRAIN >> int(rng.integers(4))
    return (units(rng, vocabulary, total, np.arange(vocabulary)) / GRAIN).astype(np.float32)


def dyadic_pair(rng: np.random.Generator, vocabulary: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Return p and q, float32 [V], and a draft x: u q(x) = p(x) at u = 1/2, where the vocabulary allows.

    What p has beyond q lies on other ids than what q has beyond p: the residual relu(p - q) is exact too.
    """
    if vocabulary < 4:
        row = dyadic_row(rng, vocabulary)
        return row, row.copy(), int(np.argmax(row))
    ids = rng.permutation(vocabulary)
    rest = GRAIN >> int(rng.integers(1, 4))
    shared = units(rng, vocabulary, GRAIN - rest, ids)
    more, less = (units(rng, vocabulary, rest, half) for half in np.array_split(ids, 2))
    x = int(rng.choice(np.flatnonzero(less)))
    # p(x) is what both share there, q(x) twice that; the difference goes to the heaviest other id.
    heaviest = int(np.argmax(np.where(np.arange(vocabulary) == x, -1, shared)))
    moved = less[x] - shared[x]
    if shared[heaviest] >= moved:
        shared[[x, heaviest]] += [moved, -moved]
    return ((shared + more) / GRAIN).astype(np.float32), ((shared + less) / GRAIN).astype(np.float32), x


def given_row(rng: np.random.Generator, vocabulary: int) -> tuple[np.ndarray, int]:
    """Return p, float32 [V], and a draft x: p without x is exact too."""
    if vocabulary < 2:
        return dyadic_row(rng, vocabulary), 0
    x = int(rng.integers(vocabulary))
    rest = GRAIN >> int(rng.integers(1, 4))
    row = units(rng, vocabulary, rest, np.delete(np.arange(vocabulary), x))
    row[x] = GRAIN - rest
    return (row / GRAIN).astype(np.float32), x


def tie(rng: np.random.Generator, weights: np.ndarray) -> float | None:
    """Return a uniform at which u * total is exactly the CDF at an id; None where the weights round."""
    if not adds_exactly(weights):
        return None
    borders = np.cumsum(weights)[np.flatnonzero(weights)[:-1]]
    return float(rng.choice(borders) / weights.sum()) if len(borders) else None
