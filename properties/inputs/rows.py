"""Rows of probabilities and uniforms, filled from a seed."""

import numpy as np

from draftproof.properties.inputs.dyadic import dyadic_row
from draftproof.properties.judges.rounding import sum_error

ROWS = ("zipf", "peaked", "flat", "sparse", "dyadic")
"""What a row of probabilities can look like; what is dyadic float32 adds without rounding."""

LARGEST_BELOW_ONE = {"float32": 1 - 2.0**-24, "float64": 1 - 2.0**-53}

ROW_FLAGS = ("nan", "inf", "negative", "zero_row", "one_hot", "subnormal", "unnormalised")
"""Hostile features of a row of probabilities."""

LARGEST = float(np.finfo(np.float32).max)
"""Rows need not sum to 1, and float32 need not hold their sum."""

SUBNORMAL = np.array([1e-45, 1e-40, 1.1e-38], np.float32)
"""The smallest number above 0, one in the middle, and one just below the smallest normal number."""

TILES = (32, 128, 1024, 4096)
BORDERS = tuple(2**power for power in range(13, 18))
"""Ids at which narrow integers and large splits end."""


def seams(vocabulary: int) -> list[int]:
    """Return the ids where kernels go wrong: the ends, and both sides of tile borders and powers of two."""
    at = {0, 1, vocabulary - 2, vocabulary - 1}
    for tile in TILES:
        at |= {tile - 1, tile, tile + 1, 3 * tile - 1, vocabulary // tile * tile}
    for border in BORDERS:
        at |= {border - 1, border}
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
    elif kind == "dyadic":
        return dyadic_row(rng, vocabulary)
    else:
        raise ValueError(f"rows must be one of {', '.join(ROWS)}, got {kind!r}")
    row: np.ndarray = (weights / weights.sum()).astype(np.float32)
    return row


def plant(rng: np.random.Generator, row: np.ndarray, flags: frozenset[str]) -> None:
    """Plant each of the row flags, with probability one half, in a row [V], at the seams.

    Where uniforms are at their edges, the ids that they lead to are often without mass.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        _plant(rng, row, flags & {*ROW_FLAGS, "edge_uniforms"})


def _plant(rng: np.random.Generator, row: np.ndarray, flags: frozenset[str]) -> None:
    for flag in sorted(flags):
        if rng.random() < 0.5:
            continue
        places = spots(rng, len(row))
        if flag == "edge_uniforms":
            row[[0, -1]] = 0.0
        elif flag == "zero_row":
            row[run(rng, len(row)) if rng.random() < 0.3 else slice(None)] = 0.0
        elif flag == "one_hot":
            row[:] = 0.0
            row[places[0]] = 1.0
        elif flag == "subnormal":
            if rng.random() < 0.5:
                row *= np.float32(1e-38)
            else:
                row[places] = rng.choice(SUBNORMAL, len(places))
        elif flag == "unnormalised":
            row[:] = row.astype(np.float64) * _factor(rng, row)
        elif flag == "negative" and rng.random() < 0.5:
            row[places] = 0.0
            row[row == 0] = -0.0
        else:
            row[places] = {"nan": np.nan, "inf": np.inf, "negative": -0.25}[flag]


def _factor(rng: np.random.Generator, row: np.ndarray) -> float:
    """Return what takes a row far from a sum of 1, near 1, or beyond what float32 holds."""
    near = 1 + 2.0 ** -float(rng.integers(4, 9))  # a careless comparison takes it for 1
    factor = float(rng.uniform(0.25, 4.0)) if rng.random() < 0.5 else near
    highest = float(row[np.isfinite(row)].max(initial=0.0))
    return 0.9 * LARGEST / highest if rng.random() < 0.3 and highest > 0 else factor


def spots(rng: np.random.Generator, size: int) -> np.ndarray:
    """Return where to plant: one seam, the last place (behind every other), or a quarter of the seams."""
    places = rng.permutation(seams(size))
    few = rng.integers(3)
    if few == 0:
        return places[:1]
    return np.array([size - 1]) if few == 1 else places[: 1 + len(places) // 4]


def run(rng: np.random.Generator, size: int) -> slice:
    """Return all before a seam or all from it on: whole tiles with nothing in them."""
    seam = int(rng.choice(seams(size)))
    return slice(seam) if rng.random() < 0.5 else slice(seam, None)


def uniform(rng: np.random.Generator, dtype: str, edges: bool) -> float:
    """Return a uniform in [0, 1) of ``dtype``; with ``edges``, often 0 or the largest below 1."""
    if edges and rng.random() < 0.5:
        return 0.0 if rng.random() < 0.5 else LARGEST_BELOW_ONE[dtype]
    if dtype == "float32":
        return float(rng.integers(2**24)) * 2.0**-24
    return float(rng.random())


def aimed(rng: np.random.Generator, weights: np.ndarray, dtype: str) -> float | None:
    """Return a uniform of ``dtype`` in the middle of a seam's cell; None where no such cell is wide enough.

    weights float64 [V]. A cell as narrow as the rounding of an honest sum would accuse that sum.
    """
    cdf = np.cumsum(weights)
    places = np.array(seams(len(weights)))
    wide = places[weights[places] > 8 * sum_error(len(weights)) * cdf[-1]]
    if not len(wide):
        return None
    place = rng.choice(wide)
    middle = (cdf[place] - weights[place] / 2) / cdf[-1]
    return float(np.floor(middle * 2**24) / 2**24) if dtype == "float32" else float(middle)


def drawn(rng: np.random.Generator, row: np.ndarray) -> int:
    """Draw an id from a row, as a drafter would; any id if the row has no mass."""
    weights = np.where(np.isfinite(row) & (row > 0), row, 0).astype(np.float64)
    total = weights.sum()
    if total == 0:
        return int(rng.integers(len(row)))
    return int(rng.choice(len(row), p=weights / total))
