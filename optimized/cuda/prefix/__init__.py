"""Matching of cached prefixes, CUDA C++."""
