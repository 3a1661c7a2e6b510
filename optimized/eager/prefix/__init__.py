"""Prefix matching in vectorised PyTorch."""
