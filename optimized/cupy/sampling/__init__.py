"""Sampling with CuPy."""
