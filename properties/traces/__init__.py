"""Verification inputs recorded from real models, in NumPy: ``names`` lists them, ``load`` reads one."""

from draftproof.properties.traces.recorded import load, names
from draftproof.properties.traces.trace import Trace

__all__ = ["Trace", "load", "names"]
