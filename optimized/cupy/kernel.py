"""Kernels in CUDA C++, compiled at run time by NVRTC and launched through CuPy on torch's current stream.

``cupy.RawModule`` is not used to compile: it always adds ``-ftz=true``, and a kernel that flushes
subnormal numbers to zero takes a token of tiny probability for one of none. CuPy's own binding of
NVRTC compiles with the options below, ``cupy.cuda.Module`` loads the result.
"""

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import cupy
import numpy as np
import torch
from cupy.cuda import nvrtc

from draftproof.optimized.compiled import Compilation, with_includes

ROOT = Path(__file__).parent
OPTIONS = (
    "--std=c++17",
    "--fmad=false",  # a * b - c rounds twice, as the rule's own arithmetic does
)


class Kernel(NamedTuple):
    """One ``extern "C"`` kernel of a ``.cu`` file; compiled at its first launch on a kind of device."""

    source: Path
    name: str
    threads: int
    """Threads of each block."""

    def launch(self, device: torch.device, blocks: int, *args: np.generic | np.ndarray) -> None:
        """Launch on the current stream of ``device``, without waiting for the kernel.

        Each argument is a NumPy scalar, or an array of one structure, and is passed by value. Nothing
        is launched for 0 blocks.

        Raises
        ------
        ValueError
            If ``device`` is no CUDA device.
        """
        if device.type != "cuda":
            raise ValueError(f"{self.name}: draftproof.optimized.cupy needs tensors on cuda, got {device}")
        if blocks == 0:
            return
        index = torch.cuda.current_device() if device.index is None else device.index
        function = _load(self.source, self.name, index)
        stream = cupy.cuda.Stream.from_external(_Current(torch.cuda.current_stream(index).cuda_stream))
        with cupy.cuda.Device(index), stream:
            function((blocks,), (self.threads,), args)


@dataclass(frozen=True, slots=True)
class _Current:
    """A stream of torch's, as CuPy takes one from another library."""

    handle: int

    def __cuda_stream__(self) -> tuple[int, int]:
        """The protocol's version, and the stream's address."""
        return 0, self.handle


def compilations(arch: str) -> Iterator[Compilation]:
    """Yield a compilation of every ``.cu`` file for ``arch`` ("sm_90"); needs no GPU.

    One that fails raises RuntimeError with the compiler's log when it is made.
    """
    compiler = "nvrtc {}.{}".format(*nvrtc.getVersion())
    for source in sorted(ROOT.rglob("*.cu")):
        name = source.relative_to(ROOT).with_suffix("").as_posix()
        texts = tuple(path.read_text(encoding="utf-8") for path in with_includes(source, ROOT))
        made = functools.partial(compile_cubin, source, arch)
        yield Compilation(name, "c++", texts, (compiler, arch, *OPTIONS), made)


@functools.cache
def compile_cubin(source: Path, arch: str) -> bytes:
    """Return the machine code of a ``.cu`` file for ``arch``; RuntimeError with the compiler's log."""
    program = nvrtc.createProgram(source.read_text(), str(source), (), ())
    try:
        nvrtc.compileProgram(program, (f"--gpu-architecture={arch}", f"--include-path={ROOT}", *OPTIONS))
        cubin: bytes = nvrtc.getCUBIN(program)
        return cubin + b"\0"  # CuPy takes the last byte off, as if it ended a string
    except nvrtc.NVRTCError as error:
        raise RuntimeError(f"{source.name} for {arch}: {nvrtc.getProgramLog(program)}") from error
    finally:
        nvrtc.destroyProgram(program)


@functools.cache
def _load(source: Path, name: str, index: int) -> Any:
    with cupy.cuda.Device(index) as device:
        module = cupy.cuda.Module()
        module.load(compile_cubin(source, f"sm_{device.compute_capability}"))
        return module.get_function(name)
