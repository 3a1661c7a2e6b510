"""The flat tree's hash over whole arrays, and pages made to collide under it."""

from functools import lru_cache
from itertools import permutations

import numpy as np

FIRST, SECOND = 0x85EBCA6B, 0xC2B2AE35
POSITION, NODE = 0x9E3779B9, 0x9E3779B1
SMALL = 8
"""How often each of two short vectors is taken, at most."""
PLACES = 4
"""Places of a page where two tokens are made to collide."""


def mix(x: np.ndarray) -> np.ndarray:
    """Scramble uint32 numbers, one to one."""
    x = (x ^ x >> np.uint32(16)) * np.uint32(FIRST)
    x = (x ^ x >> np.uint32(13)) * np.uint32(SECOND)
    mixed: np.ndarray = x ^ x >> np.uint32(16)
    return mixed


def _factors(secrets: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return uint64 [n, P]: what the tokens at these places are multiplied by under each of uint64 [n]."""
    steps = (places.astype(np.uint32) + np.uint32(1)) * np.uint32(POSITION)
    high, low = ((secrets >> np.uint64(shift)).astype(np.uint32)[:, None] + steps for shift in (32, 0))
    factors: np.ndarray = mix(high).astype(np.uint64) << np.uint64(32) | mix(low)
    return factors


def _terms(tokens: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """Return what each token, uint32, adds to its page's sum: bits 32 to 63 of a product."""
    terms: np.ndarray = (factors * tokens.astype(np.uint64) >> np.uint64(32)).astype(np.uint32)
    return terms


def fingerprints(pages: np.ndarray, secrets: int | np.ndarray = 0) -> np.ndarray:
    """Return the fingerprint of each page of int32 [n, P] under one secret or uint64 [n], as uint32 [n]."""
    words = np.ascontiguousarray(pages).view(np.uint32)
    each = np.broadcast_to(np.asarray(secrets, np.uint64), len(pages))
    sums: np.ndarray = _terms(words, _factors(each, np.arange(pages.shape[1]))).sum(1, dtype=np.uint32)
    return sums


def buckets(nodes: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """Return the hash of (node, key) pairs, uint32 [n]; the table's size masks it."""
    return mix(keys.astype(np.uint32) ^ nodes.astype(np.uint32) * np.uint32(NODE))


@lru_cache(maxsize=2**14)
def _relations(secret: int, one: int, two: int) -> np.ndarray:
    """Return int64 [n, 2]: steps of two tokens at these places that nearly cancel, multiplied by the factors.

    Short vectors of the lattice of all such steps, each pair of its basis reduced as Gauss did.
    """
    first, second = _factors(np.array([secret], np.uint64), np.array([one, two]))[0].tolist()
    basis = [[1, 0, first], [0, 1, second], [0, 0, 2**64]]
    shorter = True
    while shorter:
        shorter = False
        for long, short in permutations(basis, 2):
            share = sum(a * b for a, b in zip(long, short, strict=True))
            length = sum(b * b for b in short)
            times = (2 * share + length) // (2 * length)
            shorter |= times != 0 and abs(2 * share) > length
            if abs(2 * share) > length:
                long[:] = [a - times * b for a, b in zip(long, short, strict=True)]
    (a, b, _), (c, d, _) = sorted(basis, key=lambda vector: sum(x * x for x in vector))[:2]
    few = range(-SMALL, SMALL + 1)
    return np.array([(x * a + y * c, x * b + y * d) for x in few for y in few if x or y])


def collided(rng: np.random.Generator, page: np.ndarray, secret: int = 0) -> np.ndarray:
    """Return another page of int32 [P], P >= 2, with the fingerprint of ``page`` under a secret.

    Two neighbours take steps that nearly cancel in the sum; which of the steps do so exactly, rounding
    decides, and half of them do, but for tokens of 0. A page of zeros gets another of its own fingerprint.

    >>> page = np.array([[5, 6, 7]], np.int32)
    >>> other = collided(np.random.default_rng(0), page[0], 9)
    >>> bool((other != page[0]).any()), bool(fingerprints(page, 9) == fingerprints(other[None], 9))
    (True, True)
    """
    other = page.copy()
    # A few places only: the steps are worked out once for each.
    for one in rng.permutation(min(len(page), PLACES)) * (len(page) // min(len(page), PLACES)):
        places = np.array([one, (one + 1) % len(page)])
        before = page.view(np.uint32)[places].astype(np.int64)
        after = before + rng.permutation(_relations(int(secret), *places.tolist()))
        after = after[(after >= 0).all(1) & (after < 2**32).all(1)].astype(np.uint32)
        factors = _factors(np.array([secret], np.uint64), places)
        wanted = _terms(before[None], factors).sum(1, dtype=np.uint32)
        same = after[_terms(after, factors).sum(1, dtype=np.uint32) == wanted]
        if len(same):
            other[places] = same[0].view(np.int32)
            return other
    other[rng.integers(len(page))] ^= np.int32(1 << rng.integers(31))
    return other
