"""Pages that collide do: each change keeps the hash that it is named after, and gives another page."""

import numpy as np
import pytest

from draftproof.properties.inputs import collisions
from draftproof.properties.inputs.collisions import CHANGES, CollidingPages
from draftproof.properties.inputs.fingerprints import fingerprints


def polynomial(page: np.ndarray, base: int) -> int:
    value = 0
    for token in page.tolist():
        value = value * base + token
    return value


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize(
    ("least", "change"), CHANGES, ids=lambda value: getattr(value, "__name__", str(value))
)
def test_a_change_keeps_its_hash(seed: int, least: int, change: collisions.Change) -> None:
    rng = np.random.default_rng(seed)
    page = rng.permutation(np.arange(100, 100 + max(least, 1 + seed % 16), dtype=np.int32))
    other = change(rng, page.copy())
    kept = {
        "permuted": sorted(other.tolist()) == sorted(page.tolist()),
        "same_sum": other.sum() == page.sum(),
        "same_xor": np.bitwise_xor.reduce(other) == np.bitwise_xor.reduce(page),
        "same_polynomial": any(polynomial(other, base) == polynomial(page, base) for base in (31, 33)),
        "same_ends": (other[0], other[-1]) == (page[0], page[-1]),
        "same_bits": ((other ^ page) & 255 == 0).all(),
        "collided": fingerprints(other[None]) == fingerprints(page[None]),
    }
    assert kept.get(change.__name__, True)
    assert (other != page).any()
    if change is collisions.same_python:
        assert hash(tuple(change(rng, np.array([-1])).tolist())) == hash((-1,))


@pytest.mark.parametrize("page_size", [1, 2, 16, 256])
def test_pages_are_drawn_again(page_size: int) -> None:
    pages = CollidingPages(np.random.default_rng(0), page_size)
    drawn = [tuple(pages.draw()) for _ in range(200)]
    assert 2 <= len(set(drawn)) <= collisions.MOST
    assert all(-(2**31) <= token < 2**31 for page in drawn for token in page)
