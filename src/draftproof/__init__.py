"""draftproof: kernels of LLM decoding, proved right and measured.

``draftproof.reference`` holds the oracles and needs NumPy alone. The operations themselves, such as
``draftproof.verify_chain``, take torch tensors and run on the fastest backend for their device.
``draftproof.RadixTree`` is the native prefix cache of the host, ``draftproof.FlatTree`` its mirror on a
device.
"""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if not (Path(__file__).parent / "reference" / "__init__.py").is_file():
    raise ImportError(
        "draftproof: this checkout lost its four links (src/draftproof/reference and its neighbours), "
        "as a copy without symbolic links does; install the wheel instead: pip install ."
    )

if TYPE_CHECKING:
    from draftproof.optimized.dispatch import Operation, backend_of, backends
    from draftproof.optimized.flat_tree import FlatTree
    from draftproof.optimized.host import RadixTree

__version__ = "0.1.0"
__all__ = ["FlatTree", "RadixTree", "__version__", "backend_of", "backends"]

_CLASSES = {"RadixTree": "draftproof.optimized.host", "FlatTree": "draftproof.optimized.flat_tree"}
_PILLARS = ("reference", "optimized", "properties", "conformance")


def __getattr__(name: str) -> "Operation":
    """Find an operation, or ``backend_of`` and ``backends``, when it is first used: torch is loaded then."""
    if name in _PILLARS:
        # Type checkers find these as modules, not here.
        return import_module(f"draftproof.{name}")  # type: ignore[return-value]
    if name.startswith("_"):
        raise AttributeError(f"module 'draftproof' has no attribute {name!r}")
    try:
        if name in _CLASSES:
            made: Operation = getattr(import_module(_CLASSES[name]), name)
            return made
        from draftproof.optimized import dispatch
    except ModuleNotFoundError as missing:
        if missing.name != "torch":
            raise
        raise ImportError(
            f"draftproof.{name} needs torch: pip install 'draftproof[torch]' "
            "(draftproof.reference needs NumPy only)"
        ) from missing
    if name in ("backend_of", "backends"):
        found: Operation = getattr(dispatch, name)
        return found
    return dispatch.operation(name)


def __dir__() -> list[str]:
    from draftproof.optimized import eager

    return sorted([*__all__, *eager.__all__])
