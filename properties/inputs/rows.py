"""Rows of probabilities and uniforms, filled from a seed."""

import numpy as np

ROWS = ("zipf", "peaked", "flat", "sparse")
"""What a row of probabilities can look like."""

LARGEST_BELOW_ONE = {"float32": 1 - 2.0**-24, "float64": 1 - 2.0**-53}

ROW_FLAGS = ("nan", "inf", "negative", "zero_row", "one_hot", "subnormal", "unnormalised")
"""Hostile features of a row of probabilities."""

LARGEST_PROBABILITY = 2.0**96
"""Rows need not sum to 1, but float32 must hold their sum: that of 2**31 such entries it does."""

TILES = (32, 128, 1024, 4096)


def seams(vocabulary: int) -> list[int]:
    """Return the ids at which kernels go wrong: the ends, and both sides of every usual tile border."""
    at = {0, 1, vocabulary - 2, vocabulary - 1}
    for tile in TILES:
        at |= {tile - 1, tile, tile + 1, 3 * tile - 1, vocabulary // tile * tile}
    return sorted(t for t in at if 0 <= t < vocabulary)


def distribution(rng: np.random.Generator, vocabulary: int, kind: str) -> np.ndarray:
    """Return one row of probabilities: float32 [V], summing to 1 up to rounding."""
    if kind == "zipf":
        weights = (1.0 + np.arange(vocabulary)) ** -1.1
        rng.shuffle(weights)
    elif kind == "peaked":
        weights = np.exp(6.0 * rng.standard_normal(vocabulary))
    elif kind == "flat":
        weights = rng.uniform(0.5, 1.5, vocabulary)
    elif kind == "sparse":
        weights = np.zeros(vocabulary)
        kept = rng.choice(vocabulary, size=min(vocabulary, 40), replace=False)
        weights[kept] = rng.exponential(size=len(kept))
    else:
        raise ValueError(f"rows must be one of {', '.join(ROWS)}, got {kind!r}")
    row: np.ndarray = (weights / weights.sum()).astype(np.float32)
    return row


def plant(rng: np.random.Generator, row: np.ndarray, flags: frozenset[str]) -> None:
    """Plant each of the row flags, with probability one half, in a row [V], at the seams.

    Where uniforms are at their edges, the ids that they lead to are often without mass.
    """
    vocabulary = len(row)
    places = rng.permutation(seams(vocabulary))
    for flag in sorted(flags & {*ROW_FLAGS, "edge_uniforms"}):
        if rng.random() < 0.5:
            continue
        if flag == "edge_uniforms":
            row[[0, -1]] = 0.0
        elif flag == "zero_row":
            row[:] = 0.0
        elif flag == "one_hot":
            row[:] = 0.0
            row[places[0]] = 1.0
        elif flag == "subnormal":
            row *= np.float32(1e-38)
        elif flag == "unnormalised":
            row *= np.float32(rng.uniform(0.25, 4.0))
        else:
            value = {"nan": np.nan, "inf": np.inf, "negative": -0.25}[flag]
            row[places[: 1 + len(places) // 4]] = value


def uniform(rng: np.random.Generator, dtype: str, edges: bool) -> float:
    """Return a uniform in [0, 1) of ``dtype``; with ``edges``, often 0 or the largest below 1."""
    if edges and rng.random() < 0.8:
        return 0.0 if rng.random() < 0.5 else LARGEST_BELOW_ONE[dtype]
    if dtype == "float32":
        return float(rng.integers(2**24)) * 2.0**-24
    return float(rng.random())


def drawn(rng: np.random.Generator, row: np.ndarray) -> int:
    """Draw an id from a row, as a drafter would; any id if the row has no mass."""
    weights = np.where(np.isfinite(row) & (row > 0), row, 0).astype(np.float64)
    total = weights.sum()
    if total == 0:
        return int(rng.integers(len(row)))
    return int(rng.choice(len(row), p=weights / total))
