"""Contracts of verification, one file each."""
