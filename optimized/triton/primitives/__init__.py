"""Primitives in Triton."""
