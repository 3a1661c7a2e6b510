"""Sizes at which kernels go wrong."""

VOCABULARIES = (
    *(1, 2, 31, 32, 33, 127, 128, 129, 257, 1023, 1024, 1025, 3071, 4097),
    *(32_000, 65_537, 131_073, 151_936, 262_208),
)
"""Vocabulary sizes: tiny, at warp and tile borders, three tiles less one, past 16 and 17 bits, real."""

BATCHES = (1, 2, 3, 5, 9, 33, 65, 128, 129, 257, 1024, 1025)
"""Numbers of requests: few, as many as fill lanes or blocks of 32, 64, ... and one more."""

LARGE_VOCABULARY = 4096
"""Above it a case is expensive."""

INTERPRETED = {"B": 9, "K": 8, "M": 400, "N": 5000, "R": 33, "V": 257, "count": 129, "width": 300}
"""The largest sizes for an interpreter, which runs one program at a time."""
