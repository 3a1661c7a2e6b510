"""Builds a ``.cu`` file with g++ and launches its kernels from Python."""

import ctypes
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
OPTIONS = (
    "-std=c++17",
    "-O1",
    "-ffp-contract=off",  # as --fmad=false: a * b - c rounds twice
    "-fPIC",
    "-shared",
    "-Wall",
    "-Werror",
    "-Wno-unknown-pragmas",  # the kernels' #pragma unroll
)


def unavailable() -> str | None:
    """Return why kernels cannot be built here, or None if they can."""
    return None if shutil.which("g++") else "g++ is not installed"


class DeadlockError(RuntimeError):
    """The threads of a block wait for each other forever."""


class Program:
    """The kernels of one ``.cu`` file, built for this machine's CPU."""

    def __init__(self, source: Path, kernels: Sequence[str], include: Path, folder: Path) -> None:
        """Build ``source`` in ``folder``, with the headers under ``include``.

        Raises
        ------
        RuntimeError
            With the compiler's messages, if it does not compile.
        """
        library = folder / f"{source.stem}.so"
        unit = folder / f"{source.stem}.cpp"
        exports = "".join(f"EXPORT_KERNEL({kernel})\n" for kernel in kernels)
        unit.write_text(f'#include "cuda_on_cpu.h"\n#include "{source.resolve()}"\n{exports}')
        command = ["g++", *OPTIONS, f"-I{HERE}", f"-I{include}", "-o", str(library), str(unit)]
        built = subprocess.run(command, capture_output=True, text=True, check=False)
        if built.returncode:
            raise RuntimeError(f"{source.name}: {built.stderr}")
        self._library = ctypes.CDLL(str(library))

    def launch(
        self, kernel: str, blocks: int, threads: int, args: Sequence[np.generic | np.ndarray], seed: int = 0
    ) -> None:
        """Run ``kernel`` to its end, its threads in an order that ``seed`` decides.

        ``args`` are NumPy scalars, or arrays of one structure, passed by value.

        Raises
        ------
        DeadlockError
            If the threads of a block wait for each other forever.
        """
        buffers = [ctypes.create_string_buffer(arg.tobytes(), arg.nbytes) for arg in args]
        addresses = (ctypes.c_void_p * len(buffers))(*map(ctypes.addressof, buffers))
        if getattr(self._library, f"launch_{kernel}")(blocks, threads, seed, addresses):
            raise DeadlockError(f"{kernel}: some threads wait at a barrier that others never reach")
