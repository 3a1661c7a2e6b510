"""The operations at the package's top: each call runs on the fastest backend there is for its tensors."""

import json
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, get_args

import torch

from draftproof.optimized import eager
from draftproof.optimized.signatures.implement import OPERATIONS

Backend = Literal["cuda", "triton", "cupy", "eager"]
BACKENDS: tuple[str, ...] = get_args(Backend)
DEVICES = ("cuda", "cpu")

MEASURED: dict[str, list[str]] = json.loads(Path(__file__).with_name("fastest.json").read_text())
"""The backends of each operation on a GPU, fastest first: ``draftproof badge`` makes it of the evidence."""


def fastest_first(operation: str, device: str) -> Sequence[str]:
    """Return the backends to try for tensors on ``device``, fastest first."""
    return MEASURED.get(operation, BACKENDS) if device == "cuda" else ("eager",)


@cache
def load(backend: str, device: str) -> tuple[ModuleType | None, str]:
    """Return a backend's namespace, or None and the reason why it cannot run on ``device``."""
    try:
        module = import_module(f"draftproof.optimized.{backend}")
    except ImportError as error:
        return None, str(error)
    reason = module.unavailable(device) if hasattr(module, "unavailable") else None
    return (None, reason) if reason else (module, "")


def backends(device: str = "cuda") -> dict[str, str]:
    """Return every backend with "available", or the reason why it cannot run on ``device``."""
    return {backend: load(backend, device)[1] or "available" for backend in BACKENDS}


def backend_of(operation: str, device: str | torch.device = "cuda") -> str:
    """Return the name of the backend that ``draftproof.<operation>`` uses for tensors on ``device``.

    Raises ValueError for an unknown operation or device.
    """
    kind = torch.device(device).type
    if operation not in eager.__all__:
        raise ValueError(
            f"backend_of: operation must be one of {', '.join(eager.__all__)}, got {operation!r}"
        )
    if kind not in DEVICES:
        raise ValueError(f"backend_of: device must be one of {', '.join(DEVICES)}, got {kind!r}")
    for backend in fastest_first(operation, kind):
        module, _ = load(backend, kind)
        if module is not None and hasattr(module, operation):
            return backend
    raise ValueError(f"backend_of: no backend of {operation} runs on {kind}")


def settle(operation: str, device: str, backend: str | None) -> str:
    """Return the backend of a call on ``device``, loaded: the one named, or the fastest for None.

    A named backend that cannot run raises ValueError with the reason; none takes its place.
    """
    if backend is None:
        return backend_of(operation, device)
    if backend not in BACKENDS:
        raise ValueError(f"{operation}: backend must be one of {', '.join(BACKENDS)}, got {backend!r}")
    module, reason = load(backend, device)
    if module is None:
        raise ValueError(f"{operation}: backend {backend!r} cannot run on {device}: {reason}")
    if not hasattr(module, operation):
        raise ValueError(f"{operation}: backend {backend!r} has no such operation")
    return backend


def call(operation: str, backend: str | None, *args: Any, **keywords: Any) -> Any:
    """Run an operation on the named backend, or on the fastest for the device of the first tensor.

    Under ``torch.compile`` the operation's operator does so, when it runs.
    """
    if torch.compiler.is_compiling():
        declared = OPERATIONS[operation]
        values, check = declared.signature.bind(args, keywords)
        return declared.trace(values, check, backend or "")
    for value in args:
        if isinstance(value, torch.Tensor):
            device = value.device.type
            break
    else:
        raise TypeError(
            f"{operation}: expected torch tensors, got {', '.join(type(value).__name__ for value in args)} "
            f"(for NumPy arrays: draftproof.reference.{operation})"
        )
    if device not in DEVICES:
        raise ValueError(f"{operation}: expected tensors on {' or '.join(DEVICES)}, got one on {device}")
    module, _ = load(settle(operation, device, backend), device)
    return getattr(module, operation)(*args, **keywords)
