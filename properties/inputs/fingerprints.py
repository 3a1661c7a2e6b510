"""The flat tree's hash over whole arrays, and pages made to collide under it."""

import numpy as np

FIRST, SECOND = 0x85EBCA6B, 0xC2B2AE35
POSITION, NODE = 0x9E3779B9, 0x9E3779B1


def mix(x: np.ndarray) -> np.ndarray:
    """Scramble uint32 numbers, one to one."""
    x = (x ^ x >> np.uint32(16)) * np.uint32(FIRST)
    x = (x ^ x >> np.uint32(13)) * np.uint32(SECOND)
    mixed: np.ndarray = x ^ x >> np.uint32(16)
    return mixed


def unmix(x: np.ndarray) -> np.ndarray:
    """Return the numbers that ``mix`` turns into uint32 ``x``.

    >>> unmix(mix(np.array([7, 2**32 - 1], np.uint32))).tolist()
    [7, 4294967295]
    """
    x = (x ^ x >> np.uint32(16)) * np.uint32(pow(SECOND, -1, 2**32))
    x = (x ^ x >> np.uint32(13) ^ x >> np.uint32(26)) * np.uint32(pow(FIRST, -1, 2**32))
    original: np.ndarray = x ^ x >> np.uint32(16)
    return original


def _terms(pages: np.ndarray) -> np.ndarray:
    """Return what each token of int32 [n, P] adds to its page's sum."""
    places = np.arange(pages.shape[1], dtype=np.uint32) * np.uint32(POSITION)
    return mix(np.ascontiguousarray(pages).view(np.uint32) ^ places)


def fingerprints(pages: np.ndarray) -> np.ndarray:
    """Return the fingerprint of each page of int32 [n, P], as uint32 [n]."""
    return mix(_terms(pages).sum(1, dtype=np.uint32))


def buckets(nodes: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """Return the hash of (node, key) pairs, uint32 [n]; the table's size masks it."""
    return mix(keys.astype(np.uint32) ^ nodes.astype(np.uint32) * np.uint32(NODE))


def collided(rng: np.random.Generator, page: np.ndarray) -> np.ndarray:
    """Return another page of int32 [P], P >= 2, with the fingerprint of ``page``.

    Two tokens are drawn anew so that what they add to the sum stays the same: one at random, the
    other solved for, since ``mix`` can be undone.

    >>> page = np.array([[5, 6, 7]], np.int32)
    >>> other = collided(np.random.default_rng(0), page[0])
    >>> bool((other != page[0]).any()), bool(fingerprints(page) == fingerprints(other[None]))
    (True, True)
    """
    one, two = rng.permutation(len(page))[:2]
    other = page.copy()
    other[one] ^= np.int32(rng.integers(1, 2**31))
    before, after = _terms(page[None])[0], _terms(other[None])[0]
    missing = before[[one]] + before[[two]] - after[[one]]
    solved = unmix(missing) ^ np.array([two], np.uint32) * np.uint32(POSITION)
    other[two] = solved.view(np.int32)[0]
    return other
