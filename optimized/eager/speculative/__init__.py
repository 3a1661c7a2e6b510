"""Verification of drafted tokens in vectorised PyTorch."""
