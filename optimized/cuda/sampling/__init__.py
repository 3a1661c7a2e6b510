"""Sampling, CUDA C++."""
