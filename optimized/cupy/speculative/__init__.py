"""Speculative decoding with CuPy."""
