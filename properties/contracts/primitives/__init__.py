"""Contracts of the primitives, one file each."""
