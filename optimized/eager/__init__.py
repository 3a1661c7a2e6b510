"""The operations in vectorised PyTorch: runs wherever torch runs, in float64 inside.

It is the baseline that the kernels' speed is compared with, and the oracle at sizes where plain
loops take too long.
"""

from draftproof.optimized.eager.prefix.fill_block_tables import fill_block_tables
from draftproof.optimized.eager.prefix.match_prefixes import match_prefixes
from draftproof.optimized.eager.primitives.vector_add import vector_add
from draftproof.optimized.eager.sampling.sample import sample
from draftproof.optimized.eager.sampling.softmax import softmax
from draftproof.optimized.eager.sampling.uniforms import uniforms
from draftproof.optimized.eager.speculative.verify_chain import verify_chain
from draftproof.optimized.eager.speculative.verify_chain_greedy import verify_chain_greedy

CONFORMANCE = {"memory": 40, "synchronises": ("fill_block_tables", "match_prefixes")}
"""A baseline, not a kernel: its float64 temporaries are many times its inputs, and a tree is followed
level by level as far as the deepest request goes, which only the host can see."""

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
