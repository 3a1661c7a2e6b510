"""Contracts of the sampling operations, one file each."""
