"""Runs checks in child processes and turns whatever happens into results."""
