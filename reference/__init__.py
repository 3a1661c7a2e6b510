"""What is right: one NumPy oracle per operation, written to be read.

An oracle is the rule itself: float64 or int64 arithmetic, plain loops over the requests of a batch,
the paper's equation in the docstring. It needs NumPy and nothing else, returns NumPy arrays, and is
never clever. Everything fast in this project is judged against these functions.
"""

if __name__ != "draftproof.reference":
    raise ImportError("import draftproof.reference, not the bare folder 'reference'")

from draftproof.reference.prefix.fill_block_tables import fill_block_tables
from draftproof.reference.prefix.match_prefixes import match_prefixes
from draftproof.reference.prefix.node import Match, StaleMatchError
from draftproof.reference.prefix.radix_tree import RadixTree
from draftproof.reference.primitives.vector_add import vector_add
from draftproof.reference.results import BlockTables, PrefixMatch, Sampled, Verified
from draftproof.reference.sampling.sample import sample
from draftproof.reference.sampling.softmax import softmax
from draftproof.reference.sampling.uniforms import uniforms
from draftproof.reference.speculative.verify_chain import verify_chain
from draftproof.reference.speculative.verify_chain_greedy import verify_chain_greedy
from draftproof.reference.status import Status

CONFORMANCE = {"arrays": "numpy"}
"""What the conformance run must know: these functions take and return NumPy arrays."""

__all__ = [
    "BlockTables",
    "Match",
    "PrefixMatch",
    "RadixTree",
    "Sampled",
    "StaleMatchError",
    "Status",
    "Verified",
    "fill_block_tables",
    "match_prefixes",
    "sample",
    "softmax",
    "uniforms",
    "vector_add",
    "verify_chain",
    "verify_chain_greedy",
]
