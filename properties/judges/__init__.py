"""Judges: is this answer admissible, and if not, which decision is wrong and by how much."""
