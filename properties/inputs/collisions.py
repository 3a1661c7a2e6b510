"""Pages that are one to whoever takes a hash for the page: every hash that is known to have been taken."""

from collections.abc import Callable

import numpy as np

from draftproof.properties.inputs.fingerprints import collided

COMMON = 100
"""Tokens from which pages are made: far from the ends of int32, so that what is added to them fits."""


def permuted(rng: np.random.Generator, page: np.ndarray) -> np.ndarray:
    """Return the page with two tokens exchanged: sums, products and sets stay."""
    one, two = _two(rng, page)
    page[[one, two]] = page[[two, one]]
    return page


def same_sum(rng: np.random.Generator, page: np.ndarray) -> np.ndarray:
    """Return a page of the same sum."""
    one, two = _two(rng, page)
    page[[one, two]] += np.array([1, -1], np.int32)
    return page


def same_xor(rng: np.random.Generator, page: np.ndarray) -> np.ndarray:
    """Return a page of the same exclusive or."""
    one, two = _two(rng, page)
    page[[one, two]] ^= np.int32(1 << rng.integers(31))
    return page


def same_polynomial(rng: np.random.Generator, page: np.ndarray) -> np.ndarray:
    """Return a page of the same polynomial in 31, of Java's strings, or in 33, of Bernstein's."""
    place = int(rng.integers(len(page) - 1))
    page[place : place + 2] += np.array([1, -rng.choice([31, 33])], np.int32)
    return page


def same_python(rng: np.random.Generator, page: np.ndarray) -> np.ndarray:
    """Return a page of the same hash in Python: that of -1 is -2."""
    place = int(rng.integers(len(page)))
    page[place] = -2 if page[place] == -1 else -1
    return page


def same_ends(rng: np.random.Generator, page: np.ndarray) -> np.ndarray:
    """Return a page that differs in one token, neither the first nor the last."""
    page[[rng.integers(1, len(page) - 1)]] += np.int32(1)
    return page


def same_bits(rng: np.random.Generator, page: np.ndarray) -> np.ndarray:
    """Return a page of which one token differs in a high bit only."""
    page[int(rng.integers(len(page)))] ^= np.int32(1 << rng.integers(8, 31))
    return page


Change = Callable[[np.random.Generator, np.ndarray], np.ndarray]
CHANGES: tuple[tuple[int, Change], ...] = (
    (1, same_python), (1, same_bits), (2, permuted), (2, same_sum), (2, same_xor), (2, same_polynomial),
    (2, collided), (3, same_ends),
)  # fmt: skip
"""The least page size of each change, and the change; it may be made in place."""


class CollidingPages:
    """Draws pages of a handful of families: within one they agree in some hash."""

    def __init__(self, rng: np.random.Generator, page_size: int) -> None:
        self.rng = rng
        self.changes = [change for least, change in CHANGES if page_size >= least]
        base = rng.integers(COMMON, 4 * COMMON, page_size).astype(np.int32)
        base[int(rng.integers(page_size))] = -1
        self.pages = [base]

    def draw(self) -> list[int]:
        """Return a page that was drawn before, or a new one that collides with one of them."""
        rng = self.rng
        page = self.pages[int(rng.integers(len(self.pages)))]
        if len(self.pages) < MOST and rng.random() < 0.7:
            page = self.changes[int(rng.integers(len(self.changes)))](rng, page.copy())
            self.pages.append(page)
        return list(map(int, page.tolist()))


MOST = 12
"""Pages of a family: sequences shall share some."""


def _two(rng: np.random.Generator, page: np.ndarray) -> tuple[int, int]:
    """Return two places of a page of at least two tokens."""
    one, two = rng.choice(len(page), 2, replace=False).tolist()
    return one, two
