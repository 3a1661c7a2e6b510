"""Primitives: the first rungs of the ladder for a newcomer to the three kernel languages."""
