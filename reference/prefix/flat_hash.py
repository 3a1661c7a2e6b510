"""The hash by which a node's child is found in the flat tree, in uint32 arithmetic."""

from collections.abc import Sequence

import numpy as np

WORD = 0xFFFFFFFF
GOLDEN = 0x9E3779B9
GOLDEN_PRIME = 0x9E3779B1


def mix(x: int) -> int:
    """Scramble 32 bits: a bijection of which every output bit depends on every input bit.

    The finaliser of MurmurHash3 (Appleby 2011).

    >>> mix(0), mix(1)
    (0, 1364076727)
    """
    x &= WORD
    x ^= x >> 16
    x = x * 0x85EBCA6B & WORD
    x ^= x >> 13
    x = x * 0xC2B2AE35 & WORD
    return x ^ x >> 16


def factor(secret: int, place: int) -> int:
    """Return the 64 bits by which the token at a place of a page is multiplied under a tree's secret.

    >>> hex(factor(0, 0))
    '0x92ca2f0e92ca2f0e'
    """
    step = (place + 1) * GOLDEN
    return mix((secret >> 32) + step) << 32 | mix((secret & WORD) + step)


def fingerprint(page: Sequence[int], secret: int = 0) -> int:
    """Return the uint32 key of a page under a tree's secret of 64 bits.

    Multilinear hashing (Carter and Wegman 1979, J. Computer and System Sciences 18; Lemire and Kaser 2014,
    arXiv 1202.4961): bits 32 to 63 of each token's product with its place's factor, summed up; a warp may
    add them in any order. Two pages share a key under one secret in 2^31, so who does not know the secret
    cannot make pages that do.
    """
    products = (factor(secret, i) * (token & WORD) for i, token in enumerate(page))
    return sum(product >> 32 for product in products) & WORD


def bucket(node: int, key: int) -> int:
    """Return the uint32 hash of the child of ``node`` whose first page has this key, signed or not."""
    return mix(key ^ node * GOLDEN_PRIME)


def secret_of(row: np.ndarray) -> int:
    """Return the secret that a row of the flat tree carries in its last two columns, low word first."""
    low, high = (int(word) & WORD for word in row[-2:])
    return high << 32 | low


def signed(word: int) -> int:
    """Return the int32 with the bits of a uint32.

    >>> signed(0xFFFFFFFF)
    -1
    """
    return word - (1 << 32) if word >> 31 else word
