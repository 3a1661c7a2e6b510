"""Primitives in vectorised PyTorch."""
