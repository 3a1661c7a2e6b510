"""Prefix matching in PyTorch."""
