"""Sizes at which kernels go wrong."""

VOCABULARIES = (1, 2, 31, 32, 33, 257, 1023, 1024, 1025, 3071, 4097, 32_000, 151_936)
"""Vocabulary sizes: tiny, at warp and tile borders, three tiles less one, and two real ones."""

LARGE_VOCABULARY = 4096
"""Above it a case is expensive: fewer are drawn, with few rows."""
