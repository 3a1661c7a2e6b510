"""The backends of draftproof itself, as ``draftproof check`` without a module runs them."""

BACKENDS = (
    "draftproof.reference",
    "draftproof.optimized.eager",
    "draftproof.optimized.triton",
    "draftproof.optimized.cupy",
    "draftproof.optimized.cuda",
    "draftproof.optimized.host",
)

KERNELS = tuple(name.rpartition(".")[2] for name in BACKENDS[1:])
"""The short names of those that the oracles judge."""


def device_for(backend: str, asked: str | None) -> str:
    """Return the device a backend is checked on: what was asked for, else a GPU where there is one.

    Without a GPU Triton's kernels run in its interpreter. The oracles and the native host code take NumPy
    arrays wherever they run.
    """
    if backend in ("draftproof.reference", "draftproof.optimized.host"):
        return "cpu"
    if asked is not None:
        return asked
    try:
        import torch
    except ImportError:
        return "cpu"
    if torch.cuda.is_available():
        return "cuda"
    if backend.endswith(".triton"):
        return "interpreter"
    return "cuda" if backend.endswith((".cupy", ".cuda")) else "cpu"
