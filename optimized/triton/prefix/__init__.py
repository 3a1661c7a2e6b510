"""Prefix matching in Triton."""
