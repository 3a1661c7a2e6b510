"""The backends of draftproof itself, as ``draftproof check`` without a module runs them."""

from draftproof.conformance.evidence.machine import has_gpu
from draftproof.properties.core.contract import Contract

BACKENDS = (
    "draftproof.reference",
    "draftproof.optimized.eager",
    "draftproof.optimized.triton",
    "draftproof.optimized.cupy",
    "draftproof.optimized.cuda",
    "draftproof.optimized.host",
)


def is_meant(backend: str, contract: Contract) -> bool:
    """Whether a backend is there for what is under contract; a stranger's is for whatever it has."""
    name = backend.rpartition(".")[2]
    return backend not in BACKENDS[1:] or name in contract.backends


def choose_device(backend: str, asked: str | None) -> str:
    """Return the device a backend is checked on: what was asked for, else a GPU where there is one.

    Without a GPU Triton's kernels run in its interpreter. The oracles and the native host code take NumPy
    arrays wherever they run.
    """
    if backend in ("draftproof.reference", "draftproof.optimized.host"):
        return "cpu"
    if asked is not None:
        return asked
    if has_gpu():
        return "cuda"
    # Names of ours; a stranger's module may end in the same word.
    return {
        "draftproof.optimized.triton": "interpreter",
        "draftproof.optimized.cupy": "cuda",
        "draftproof.optimized.cuda": "cuda",
    }.get(backend, "cpu")
