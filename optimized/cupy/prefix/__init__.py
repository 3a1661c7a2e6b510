"""Matching of cached prefixes with CuPy."""
