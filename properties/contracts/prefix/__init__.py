"""Contracts of prefix matching, one file each."""
