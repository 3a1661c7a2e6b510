"""Sampling in vectorised PyTorch."""
