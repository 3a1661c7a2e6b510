"""The operations in Triton: compiled for CUDA tensors, interpreted on the CPU under TRITON_INTERPRET=1."""

try:
    import triton as _triton  # noqa: F401 - says at once, and plainly, what is missing
except ModuleNotFoundError as error:
    raise ImportError("draftproof.optimized.triton needs triton: pip install 'draftproof[triton]'") from error

from draftproof.optimized.triton.launch import unavailable
from draftproof.optimized.triton.prefix.fill_block_tables import fill_block_tables
from draftproof.optimized.triton.prefix.match_prefixes import match_prefixes
from draftproof.optimized.triton.primitives.vector_add import vector_add
from draftproof.optimized.triton.sampling.sample import sample
from draftproof.optimized.triton.sampling.softmax import softmax
from draftproof.optimized.triton.sampling.uniforms import uniforms
from draftproof.optimized.triton.speculative.verify_chain import verify_chain
from draftproof.optimized.triton.speculative.verify_chain_greedy import verify_chain_greedy
from draftproof.optimized.triton.variants import compilations

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
