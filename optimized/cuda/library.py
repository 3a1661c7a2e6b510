"""Loads the compiled kernels and calls them: plain C functions through ctypes."""

import ctypes
import shutil
from collections.abc import Callable
from functools import lru_cache

import torch

from draftproof.optimized.compiled import BuildError
from draftproof.optimized.cuda import build

Number = ctypes.c_int64
Flag = ctypes.c_int
Pointer = ctypes.c_void_p


def unavailable(device: str = "cuda") -> str | None:
    """Return in plain words why the kernels cannot run on ``device``, or None if they can."""
    if torch.device(device).type != "cuda":
        return f"CUDA kernels do not run on {device}"
    if not torch.cuda.is_available():
        return "no CUDA device"
    try:
        build.nvcc()
    except BuildError as reason:
        return str(reason)
    if shutil.which("c++") is None and shutil.which("g++") is None:
        return "no C++ compiler on PATH, which nvcc needs"
    return None


def strided(tensor: torch.Tensor | None, axes: int) -> list[torch.Tensor | int | None]:
    """Return ``tensor`` and the strides of its first ``axes`` axes, as arguments of an ``Entry``."""
    return [None, *[0] * axes] if tensor is None else [tensor, *tensor.stride()[:axes]]


def index_of(device: torch.device) -> int:
    """Return the number of a CUDA device, the current one if it has none; ValueError for any other."""
    if device.type != "cuda":
        raise ValueError(f"draftproof.optimized.cuda needs tensors on cuda, got {device}")
    return torch.cuda.current_device() if device.index is None else device.index


class Entry:
    """One ``extern "C"`` function that takes numbers and tensors, and last the stream."""

    def __init__(self, kernel: str, name: str, *types: type) -> None:
        self.kernel, self.name, self.types = kernel, name, types

    def __call__(self, device: torch.device, *values: torch.Tensor | int | None) -> None:
        """Launch on the current stream of ``device``; a tensor stands for its address, None for null."""
        index = index_of(device)
        function = _function(self.kernel, self.name, self.types, index)
        words = [value.data_ptr() if isinstance(value, torch.Tensor) else value for value in values]
        with torch.cuda.device(index):
            error = function(*words, torch.cuda.current_stream(index).cuda_stream)
        if error:
            raise RuntimeError(f"{self.name}: CUDA error {error}: {_meaning(error)}")


def _meaning(error: int) -> str:
    runtime = torch.cuda.cudart()
    return str(runtime.cudaGetErrorString(runtime.cudaError(error)))


@lru_cache
def _library(kernel: str, index: int) -> ctypes.CDLL:
    major, minor = torch.cuda.get_device_capability(index)
    return ctypes.CDLL(str(build.library(kernel, f"sm_{major}{minor}")))


@lru_cache
def _function(kernel: str, name: str, types: tuple[type, ...], index: int) -> Callable[..., int]:
    function = getattr(_library(kernel, index), name)
    function.argtypes = [*types, Pointer]
    function.restype = ctypes.c_int
    return function  # type: ignore[no-any-return]


@lru_cache
def largest_cluster(kernel: str, index: int) -> int:
    """Return how many blocks of ``kernel`` the device runs as one cluster; 1 before compute capability 9."""
    if torch.cuda.get_device_capability(index) < (9, 0):
        return 1
    return _ask(kernel, "draftproof_largest_cluster", index)


@lru_cache
def softmax_clusters(kind: int, vocabulary: int, blocks: int, threads: int, index: int) -> int:
    """Return how many of softmax's clusters that stay run at once; 0 where their registers do not hold V."""
    return _ask("sampling/softmax", "draftproof_softmax_clusters", index, kind, vocabulary, blocks, threads)


def _ask(kernel: str, question: str, index: int, *numbers: int) -> int:
    answer = ctypes.c_int(0)
    with torch.cuda.device(index):
        error = _library(kernel, index)[question](*numbers, ctypes.byref(answer))
    if error:
        raise RuntimeError(f"{kernel}: CUDA error {error}: {_meaning(error)}")
    return answer.value
