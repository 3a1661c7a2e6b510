"""Verification of drafted tokens, CUDA C++."""
