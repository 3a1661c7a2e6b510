"""Primitives with CuPy."""
