"""The operations in CUDA C++, tuned for Hopper: built by nvcc on first use, called through ctypes.

Every operation is also a ``torch.library`` operator (``draftproof_cuda::...``), so ``torch.compile``
and CUDA graphs take it. Requests are split over clusters of thread blocks.
"""

from draftproof.optimized.cuda.build import compilations
from draftproof.optimized.cuda.library import unavailable
from draftproof.optimized.cuda.prefix.fill_block_tables import fill_block_tables
from draftproof.optimized.cuda.prefix.match_prefixes import match_prefixes
from draftproof.optimized.cuda.primitives.vector_add import vector_add
from draftproof.optimized.cuda.sampling.sample import sample
from draftproof.optimized.cuda.sampling.softmax import softmax
from draftproof.optimized.cuda.sampling.uniforms import uniforms
from draftproof.optimized.cuda.speculative.verify_chain import verify_chain
from draftproof.optimized.cuda.speculative.verify_chain_greedy import verify_chain_greedy

__all__ = [
    "compilations",
    "fill_block_tables",
    "match_prefixes",
    "sample",
    "softmax",
    "unavailable",
    "uniforms",
    "vector_add",
    "verify_chain",
    "verify_chain_greedy",
]
