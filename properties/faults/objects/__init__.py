"""Faults of objects with calls: thin subclasses of the oracle."""
