"""What a compiled kernel takes of a multiprocessor, read from its machine code."""

import importlib
import importlib.util
import os
import re
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

ARCHITECTURES = ("sm_80", "sm_90", "sm_100")
MAX_REGISTERS = 255
MAX_SHARED = {"sm_80": 163 << 10, "sm_90": 227 << 10, "sm_100": 227 << 10}
"""Bytes of shared memory that one block can have (CUDA C++ programming guide, "Compute capabilities")."""


class Resources(NamedTuple):
    """What one kernel takes: registers and bytes of local memory per thread, shared bytes per block."""

    registers: int
    stack: int
    """Local arrays, and the registers that did not fit (spills)."""
    shared: int
    """Static shared memory, with the 1,024 bytes that the system keeps from sm_90 on."""
    local: int
    """Local memory outside the stack."""


def resources(cubin: bytes) -> dict[str, Resources]:
    """Return the resources of each kernel of a cubin, by function name.

    Raises
    ------
    RuntimeError
        If cuobjdump is not installed or finds no kernel.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder, "kernel.cubin")
        path.write_bytes(cubin)
        command = [cuobjdump(), "--dump-resource-usage", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = parse(done.stdout)
    if not found:
        raise RuntimeError(f"cuobjdump finds no kernel: {(done.stdout + done.stderr).strip()}")
    return found


def parse(text: str) -> dict[str, Resources]:
    """Return what ``cuobjdump --dump-resource-usage`` printed."""
    found = {}
    for name, line in re.findall(r"^ *Function (\S+):\s*(.*)$", text, re.MULTILINE):
        values = dict(re.findall(r"(REG|STACK|SHARED|LOCAL):(\d+)", line))
        found[name] = Resources(*(int(values[key]) for key in ("REG", "STACK", "SHARED", "LOCAL")))
    return found


def cuobjdump() -> str:
    """Return the path of cuobjdump: Triton's own, that on PATH, or CUDA_HOME's."""
    triton = importlib.util.find_spec("triton")
    if triton and triton.origin:
        bundled = Path(triton.origin).parent / "backends/nvidia/bin/cuobjdump"
        if bundled.is_file():
            return str(bundled)
    home = os.environ.get("CUDA_HOME")
    found = shutil.which("cuobjdump") or (shutil.which("cuobjdump", path=f"{home}/bin") if home else None)
    if not found:
        raise RuntimeError("cuobjdump is not installed: it comes with triton and with the CUDA toolkit")
    return found


def compiler(backend: str) -> str | None:
    """Return name and version of the compiler of "triton", "cupy" or "cuda"; None if it is not here."""
    if backend == "triton":
        return f"triton {version('triton')}" if importlib.util.find_spec("triton") else None
    if backend == "cupy":
        if not importlib.util.find_spec("cupy"):
            return None
        return "nvrtc {}.{}".format(*importlib.import_module("cupy.cuda").nvrtc.getVersion())
    nvcc = shutil.which("nvcc")
    if not nvcc:
        return None
    text = subprocess.run([nvcc, "--version"], capture_output=True, text=True, check=True).stdout
    release = re.search(r"V(\d+\.\d+\.\d+)", text)
    return f"nvcc {release[1]}" if release else None
