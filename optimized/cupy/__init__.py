"""The operations as readable CUDA kernels, compiled at run time by NVRTC through CuPy.

Each operation is a ``.cu`` file of one page beside the Python function that launches it; shared
device code is in ``views.cuh``, ``distribution.cuh`` and ``speculative/drafts.cuh``. Read
``primitives/vector_add.cu`` first, then ``sampling/sample.cu``, then ``speculative/verify_chain.cu``.
"""

try:
    import cupy
except ImportError as error:
    raise ImportError("draftproof.optimized.cupy needs cupy: pip install 'draftproof[cupy]'") from error

import torch

from draftproof.optimized.cupy.kernel import compilations
from draftproof.optimized.cupy.prefix.fill_block_tables import fill_block_tables
from draftproof.optimized.cupy.prefix.match_prefixes import match_prefixes
from draftproof.optimized.cupy.primitives.vector_add import vector_add
from draftproof.optimized.cupy.sampling.sample import sample
from draftproof.optimized.cupy.sampling.softmax import softmax
from draftproof.optimized.cupy.sampling.uniforms import uniforms
from draftproof.optimized.cupy.speculative.verify_chain import verify_chain
from draftproof.optimized.cupy.speculative.verify_chain_greedy import verify_chain_greedy

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


def unavailable(device: str) -> str | None:
    """Return why the kernels cannot run on ``device``, or None if they can."""
    if torch.device(device).type != "cuda":
        return f"CuPy kernels need a CUDA device, not {device}"
    if not torch.cuda.is_available() or not cupy.cuda.is_available():
        return "no CUDA device"
    return None
