"""Loads the compiled tree: functions that Python calls as its own built-in ones.

ctypes is used once, to load the library and to make a tree; a call through it would cost ten times what
a built-in function costs (docs/performance/host.md).
"""

import ctypes
import platform
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from draftproof.optimized.compiled import BuildError
from draftproof.optimized.host import build

Methods = tuple[Callable[..., Any], ...]


def unavailable(device: str = "cpu") -> str | None:
    """Return in plain words why the tree cannot run, or None if it can, whatever ``device``."""
    if platform.python_implementation() != "CPython":
        return f"the host tree needs CPython, not {platform.python_implementation()}"
    try:
        build.compiler()
        build.folder()
    except BuildError as reason:
        return str(reason)
    return None


def load(path: Path) -> Callable[..., Methods]:
    """Return what makes the methods of a new tree from a compiled library; BuildError if it is none."""
    try:
        function = ctypes.PyDLL(str(path)).draftproof_make
    except (OSError, AttributeError) as error:
        path.unlink(missing_ok=True)  # the next process compiles it again
        raise BuildError(f"the compiled tree cannot be loaded: {error}") from error
    function.argtypes = [ctypes.c_uint32, ctypes.c_int, ctypes.c_uint64, *[ctypes.py_object] * 5]
    function.restype = ctypes.py_object
    return function


@lru_cache
def _make() -> Callable[..., Methods]:
    return load(build.library())


def make(page_size: int, policy: int, secret: int, match: type[tuple[Any, ...]]) -> Methods:
    """Return the methods of a new native tree, in the order in which ``RadixTree`` keeps them."""
    return _make()(page_size, policy, secret, np.empty, np.dtype(np.int32), np.ndarray, tuple.__new__, match)
