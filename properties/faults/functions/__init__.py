"""Faults of functions of arrays: thin wrappers around a right one."""
