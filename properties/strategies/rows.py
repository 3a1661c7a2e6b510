"""Strategies for vocabulary sizes, rows of probabilities or logits, and uniforms."""

import numpy as np
from hypothesis import strategies as st

from draftproof.properties.cases.sizes import LARGE_VOCABULARY, VOCABULARIES
from draftproof.properties.inputs.rows import LARGEST_BELOW_ONE, ROWS, distribution, seams
from draftproof.properties.inputs.sampling import rounded
from draftproof.properties.strategies.validation import choice, integer

SEEDS = st.integers(0, 2**31 - 1)
SMALL = 300
"""Vocabularies up to here are drawn whatever their size."""
SPOTS = 8
"""Values planted into a row; its bulk comes from a seed."""

RARELY = st.sampled_from([False] * 15 + [True])

NO_PROBABILITIES = (np.nan, np.inf, -np.inf, -0.25)
EXTREME_PROBABILITIES = (0.0, 1.0, 1e-45, 1e-38, 3e38)
EXTREME_LOGITS = {
    "float32": (0.0, -np.inf, np.inf, np.nan, 3e38, -3e38, 1e-45, 88.8, -104.0),
    "float16": (0.0, -np.inf, np.inf, np.nan, 65504.0, -65504.0, 6e-8),
    "bfloat16": (0.0, -np.inf, np.inf, np.nan, 3.3e38, -3.3e38, 1e-40),
}
"""Largest, smallest, and where exp overflows or vanishes."""


def vocabularies(*, largest: int = 151_936) -> st.SearchStrategy[int]:
    """Return sizes in [1, largest]: any small one, those at warp and tile borders, rarely a real one."""
    integer("vocabularies", "largest", largest, 1)
    small = range(1, min(largest, SMALL) + 1)
    border = [V for V in VOCABULARIES if min(largest, LARGE_VOCABULARY + 1) >= V]
    large = [V for V in VOCABULARIES if LARGE_VOCABULARY + 1 < V <= largest]
    # One list in order, and no choice between lists: whatever V was found, the search can lower it to any.
    often = SMALL // len(border)
    rarely = max(1, SMALL // 8 // len(large)) if large else 0
    return st.sampled_from(sorted([*small, *border * often, *large * rarely]))


def distributions(vocabulary: int, *, hostile: bool = True) -> st.SearchStrategy[np.ndarray]:
    """Return rows of probabilities: float32 [V].

    The bulk is made from a seed; up to eight values at the seams (the ends, and both sides of the usual
    tile borders) or anywhere are overwritten: by 0, 1, subnormals and huge numbers, NaN, infinities
    and a negative number. With ``hostile=False`` only by 0, and the row is a distribution: finite,
    not negative, its sum 1 up to rounding.
    """
    integer("distributions", "vocabulary", vocabulary, 1)
    values = (*EXTREME_PROBABILITIES, *NO_PROBABILITIES) if hostile else (0.0,)

    def build(kind: str, seed: int, spots: dict[int, float]) -> np.ndarray:
        row = distribution(np.random.default_rng(seed), vocabulary, kind)
        _overwrite(row, spots)
        if not hostile:
            total = row.sum(dtype=np.float64)
            row = (row / total).astype(np.float32) if total > 0 else np.full_like(row, 1 / vocabulary)
        return row

    return st.builds(build, st.sampled_from(sorted(ROWS)), SEEDS, _spots(vocabulary, values))


def logits(vocabulary: int, dtype: str = "float32") -> st.SearchStrategy[np.ndarray]:
    """Return rows of logits: float32 [V] of values that "float32", "float16" or "bfloat16" represents.

    Bulk and hostile values as in ``distributions``: NaN, infinities, the largest finite numbers.
    """
    integer("logits", "vocabulary", vocabulary, 1)
    choice("logits", "dtype", dtype, EXTREME_LOGITS)

    def build(seed: int, spread: float, spots: dict[int, float]) -> np.ndarray:
        row = np.random.default_rng(seed).standard_normal(vocabulary, np.float32) * np.float32(spread)
        _overwrite(row, spots)
        return rounded(row, dtype)

    spread = st.sampled_from((0.0, 1.0, 4.0, 100.0))
    return st.builds(build, SEEDS, spread, _spots(vocabulary, EXTREME_LOGITS[dtype]))


def uniforms(dtype: str = "float32") -> st.SearchStrategy[float]:
    """Return numbers in [0, 1) that ``dtype`` represents; 0 and the largest below 1 often."""
    choice("uniforms", "dtype", dtype, LARGEST_BELOW_ONE)
    bits = {"float32": 24, "float64": 53}[dtype]
    grid = st.integers(0, 2**bits - 1).map(lambda word: word * 2.0**-bits)
    return st.just(0.0) | grid | st.just(LARGEST_BELOW_ONE[dtype])


def _spots(vocabulary: int, values: tuple[float, ...]) -> st.SearchStrategy[dict[int, float]]:
    places = st.sampled_from(seams(vocabulary)) | st.integers(0, vocabulary - 1)
    return st.dictionaries(places, st.sampled_from(values), max_size=SPOTS)


def _overwrite(row: np.ndarray, spots: dict[int, float]) -> None:
    for place, value in spots.items():
        row[place] = value
