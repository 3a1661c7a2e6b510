"""Compiles the ``.cu`` files with nvcc, once for each source, compiler and architecture."""

import importlib.util
import os
import shutil
import tempfile
from collections.abc import Iterator
from functools import lru_cache, partial
from pathlib import Path

from draftproof.optimized.compiled import (
    ANSWER_LIMIT,
    BuildError,
    Compilation,
    cache_folder,
    compile_to,
    digest,
    run_compiler,
    with_includes,
)

ROOT = Path(__file__).parent
INCLUDE = ROOT / "include"
FLAGS = ("-std=c++17", "-O3")


@lru_cache
def nvcc() -> Path:
    """Return the compiler: on PATH, under CUDA_HOME, or from the wheel ``nvidia-cuda-nvcc``."""
    found = shutil.which("nvcc")
    candidates = [Path(found)] if found else []
    if "CUDA_HOME" in os.environ:
        candidates.append(Path(os.environ["CUDA_HOME"]) / "bin" / "nvcc")
    wheels = importlib.util.find_spec("nvidia")
    folders = (wheels.submodule_search_locations or ()) if wheels else ()
    candidates.extend(Path(folder) / "cu13" / "bin" / "nvcc" for folder in folders)
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    raise BuildError("nvcc not found: neither on PATH, nor under CUDA_HOME, nor in the wheel nvidia/cu13")


def library(kernel: str, arch: str) -> Path:
    """Return the library of ``kernel`` ("sampling/sample") for ``arch`` ("sm_90"), built if absent."""
    name = f"{kernel.replace('/', '_')}-{arch}-{_digest(kernel, arch)}.so"
    target = cache_folder("cuda") / name
    command = _command(kernel, arch, "-shared", "-Xcompiler", "-fPIC", *_linking())
    compile_to(target, command, f"{kernel}.cu for {arch}")
    return target


def compilations(arch: str) -> Iterator[Compilation]:
    """Yield a compilation of every ``.cu`` file for ``arch`` ("sm_90"); needs no GPU.

    Raises
    ------
    BuildError
        If nvcc is missing; when one is made, if nvcc does not know ``arch``.
    """
    for source in sorted(ROOT.rglob("*.cu")):
        kernel = source.relative_to(ROOT).with_suffix("").as_posix()
        texts = tuple(path.read_text(encoding="utf-8") for path in with_includes(source, INCLUDE))
        settings = (_version(), arch, *FLAGS)
        yield Compilation(kernel, "c++", texts, settings, partial(_cubin, kernel, arch))


def _cubin(kernel: str, arch: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "kernel.cubin"
        run_compiler([*_command(kernel, arch, "-cubin"), "-o", str(target)], f"{kernel}.cu for {arch}")
        return target.read_bytes()


def _command(kernel: str, arch: str, *options: str) -> list[str]:
    return [str(nvcc()), *FLAGS, f"-I{INCLUDE}", f"-arch={arch}", *options, str(_source(kernel))]


def _source(kernel: str) -> Path:
    return ROOT / f"{kernel}.cu"


def _linking() -> list[str]:
    """The flags that link the CUDA runtime in; a wheel keeps it beside ``bin`` in ``lib``."""
    beside = nvcc().parent.parent / "lib"
    return ["-cudart", "static", *([f"-L{beside}"] if (beside / "libcudart_static.a").exists() else [])]


@lru_cache
def _digest(kernel: str, arch: str) -> str:
    return digest((_version(), arch, *FLAGS), (_source(kernel), *sorted(INCLUDE.glob("*.cuh"))))


@lru_cache
def _version() -> str:
    return run_compiler([str(nvcc()), "--version"], "its version", ANSWER_LIMIT)
