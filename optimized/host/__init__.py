"""The radix tree of prefix matching as native code for the CPU: C++17, compiled on first use.

It has the interface of ``draftproof.reference.prefix.RadixTree`` and takes NumPy arrays or sequences.
"""

from draftproof.optimized.host.library import unavailable
from draftproof.optimized.host.prefix.radix_tree import Match, RadixTree, StaleMatchError

CONFORMANCE = {"arrays": "numpy"}

__all__ = ["CONFORMANCE", "Match", "RadixTree", "StaleMatchError", "unavailable"]
