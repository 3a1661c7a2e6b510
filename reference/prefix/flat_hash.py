"""The hash by which a node's child is found in the flat tree, in uint32 arithmetic."""

from collections.abc import Sequence

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


def fingerprint(page: Sequence[int]) -> int:
    """Return the uint32 key of a page: a sum, so that a warp may add the tokens in any order.

    For one token it is a bijection: two children never share a key when the page size is 1.
    """
    return mix(sum(mix(token ^ i * GOLDEN) for i, token in enumerate(page)))


def bucket(node: int, key: int) -> int:
    """Return the uint32 hash of the child of ``node`` whose first page has this key, signed or not."""
    return mix(key ^ node * GOLDEN_PRIME)


def signed(word: int) -> int:
    """Return the int32 with the bits of a uint32.

    >>> signed(0xFFFFFFFF)
    -1
    """
    return word - (1 << 32) if word >> 31 else word
