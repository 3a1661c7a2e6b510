"""Verification inputs recorded from real models, in NumPy: ``names`` lists them, ``load`` reads one."""

from draftproof.properties.cases.traces.recorded import load, names
from draftproof.properties.cases.traces.trace import Trace

__all__ = ["Trace", "load", "names"]
