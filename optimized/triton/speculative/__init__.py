"""Verification of drafted tokens in Triton."""
