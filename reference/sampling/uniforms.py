"""Uniforms from a counter: Philox4x32-10."""

import numpy as np

ROUNDS = 10
MULTIPLIERS = 0xD2511F53, 0xCD9E8D57
WEYL = 0x9E3779B9, 0xBB67AE85
WORD = 0xFFFFFFFF


def uniforms(seeds: np.ndarray, offsets: np.ndarray, count: int) -> np.ndarray:
    """Return ``count`` uniforms per request, a function of its seed and offset alone.

    Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3",
    section 4.3): the seed is the key, the counter is the element's number divided by 4, and the
    element takes one of the block's four words. Element j of a request has the number offset + j, so
    ``offset + n`` continues where n elements ended, whatever the batch, the slot or the graph.

    Parameters
    ----------
    seeds
        int64 [B]: the 64 bits of the key.
    offsets
        int64 [B]: the number of the first element, modulo 2**64.
    count
        How many uniforms each request gets.

    Returns
    -------
    np.ndarray
        float32 [B, count]: multiples of 2**-24 in [0, 1), the word's upper 24 bits.

    >>> uniforms(np.array([0]), np.array([0]), 2)
    array([[0.39904642, 0.88052016]], dtype=float32)
    """
    out = np.empty((len(seeds), count), dtype=np.float32)
    for b in range(len(seeds)):
        seed, offset = int(seeds[b]) % 2**64, int(offsets[b]) % 2**64
        for j in range(count):
            number = (offset + j) % 2**64
            word = philox4x32(number // 4, seed)[number % 4]
            out[b, j] = (word >> 8) * 2.0**-24
    return out


def philox4x32(counter: int, key: int) -> tuple[int, int, int, int]:
    """Return the four 32-bit words of one Philox block (known answers: Random123's kat_vectors).

    >>> [f"{w:08x}" for w in philox4x32(0, 0)]
    ['6627e8d5', 'e169c58d', 'bc57ac4c', '9b00dbd8']
    """
    words = [counter & WORD, counter >> 32 & WORD, counter >> 64 & WORD, counter >> 96]
    keys = [key & WORD, key >> 32]
    for _ in range(ROUNDS):
        first, second = MULTIPLIERS[0] * words[0], MULTIPLIERS[1] * words[2]
        words = [
            second >> 32 ^ words[1] ^ keys[0],
            second & WORD,
            first >> 32 ^ words[3] ^ keys[1],
            first & WORD,
        ]
        keys = [(k + w) & WORD for k, w in zip(keys, WEYL, strict=True)]
    return words[0], words[1], words[2], words[3]
