"""Primitives, CUDA C++."""
