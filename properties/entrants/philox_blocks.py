"""Philox a block of four words at a time, all blocks of a batch at once."""

import numpy as np

CONFORMANCE = {"arrays": "numpy"}
LOW = np.uint64(0xFFFFFFFF)
HALF = np.uint64(32)


def uniforms(seeds: np.ndarray, offsets: np.ndarray, *, count: int) -> np.ndarray:
    """Return float32 [B, count]: whole blocks are made, and what lies around the run is cut off."""
    starts = offsets.astype(np.int64).view(np.uint64)
    blocks = starts[:, None] // np.uint64(4) + np.arange(count // 4 + 2, dtype=np.uint64)
    words = _philox(blocks % np.uint64(2**62), seeds.astype(np.int64).view(np.uint64)[:, None])
    numbers = (words >> np.uint64(8)).astype(np.float32) * np.float32(2.0**-24)
    run = numbers.reshape(len(seeds), 4 * blocks.shape[1])
    skipped = (starts % np.uint64(4)).astype(np.int64)
    return np.take_along_axis(run, skipped[:, None] + np.arange(count), 1)


def _philox(counter: np.ndarray, key: np.ndarray) -> np.ndarray:
    """Return the four words of each block: uint64 [..., 4] below 2**32."""
    a, b = counter & LOW, counter >> HALF
    c = d = np.zeros_like(a)
    left, right = key & LOW, key >> HALF
    for _ in range(10):
        first, second = np.uint64(0xD2511F53) * a, np.uint64(0xCD9E8D57) * c
        a, b = (second >> HALF) ^ b ^ left, second & LOW
        c, d = (first >> HALF) ^ d ^ right, first & LOW
        left, right = (left + np.uint64(0x9E3779B9)) & LOW, (right + np.uint64(0xBB67AE85)) & LOW
    return np.stack([a, b, c, d], -1)
