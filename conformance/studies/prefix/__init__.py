"""Prefix caches on recorded requests: replayed, held against exact simulation, shown."""
