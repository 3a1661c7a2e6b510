"""The operations at the package's top: each call runs on the fastest backend there is for its tensors."""

import json
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from draftproof.optimized import eager

BACKENDS = ("cuda", "triton", "cupy", "eager")
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


class Operation:
    """One operation; called like the backends' functions, plus ``backend=`` to name one of them."""

    def __init__(self, name: str) -> None:
        self.__name__ = name
        self.__doc__ = getattr(eager, name).__doc__

    def __call__(self, *args: Any, backend: str | None = None, **keywords: Any) -> Any:
        """Run on the named backend, or on the fastest for the device of the first tensor.

        A named backend that cannot run raises ValueError with the reason; none takes its place.
        """
        device = self._device((*args, *keywords.values()))
        if backend is None:
            backend = backend_of(self.__name__, device)
        elif backend not in BACKENDS:
            raise ValueError(
                f"{self.__name__}: backend must be one of {', '.join(BACKENDS)}, got {backend!r}"
            )
        module, reason = load(backend, device)
        if module is None:
            raise ValueError(f"{self.__name__}: backend {backend!r} cannot run on {device}: {reason}")
        return getattr(module, self.__name__)(*args, **keywords)

    def __repr__(self) -> str:
        return f"<operation draftproof.{self.__name__}>"

    def _device(self, values: tuple[Any, ...]) -> str:
        for value in values:
            if isinstance(value, torch.Tensor):
                return value.device.type
        raise TypeError(
            f"{self.__name__}: expected torch tensors, "
            f"got {', '.join(type(value).__name__ for value in values) or 'nothing'} "
            f"(for NumPy arrays: draftproof.reference.{self.__name__})"
        )


@cache
def operation(name: str) -> Operation:
    """Return the operation ``name``; AttributeError names those there are."""
    if name not in eager.__all__:
        raise AttributeError(f"draftproof has no operation {name!r}, only {', '.join(eager.__all__)}")
    return Operation(name)
