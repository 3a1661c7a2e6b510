"""Every operation with its types and its text: written by generate.py."""

from draftproof.optimized.operations.prefix import fill_block_tables, match_prefixes
from draftproof.optimized.operations.primitives import vector_add
from draftproof.optimized.operations.sampling import sample, softmax, uniforms
from draftproof.optimized.operations.speculative import verify_chain, verify_chain_greedy

__all__ = [
    "fill_block_tables",
    "match_prefixes",
    "sample",
    "softmax",
    "uniforms",
    "vector_add",
    "verify_chain",
    "verify_chain_greedy",
]
