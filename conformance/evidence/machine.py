"""What a report says about the machine and the libraries it ran with."""

import ctypes
import platform
import subprocess
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from draftproof.conformance.reporting.records import Machine

LIBRARIES = {"numpy": "numpy", "scipy": "scipy", "torch": "torch", "triton": "triton", "cupy": "cupy-cuda13x"}


def list_libraries() -> dict[str, str | None]:
    """Return the version of each library that a backend may use; None for one that is not installed."""
    return {name: _version(distribution) for name, distribution in LIBRARIES.items()}


def describe_machine() -> Machine:
    """Describe this machine; the GPU's fields are None without one."""
    described = Machine(cpu=_cpu(), python=platform.python_version(), platform=platform.platform())
    if not has_gpu():
        return described
    import torch

    major, minor = torch.cuda.get_device_capability()
    return Machine(
        cpu=described.cpu,
        python=described.python,
        platform=described.platform,
        gpu=torch.cuda.get_device_name(),
        arch=f"sm{major}{minor}",
        driver=_driver(),
        cuda=torch.version.cuda,
    )


@cache
def has_gpu() -> bool:
    """Whether torch can use a GPU; torch, which takes seconds to import, is not asked without a driver."""
    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
        import torch
    except (OSError, ImportError):
        return False
    return torch.cuda.is_available()


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def _cpu() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _driver() -> str | None:
    query = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader", "--id=0"]
    try:
        return subprocess.run(query, capture_output=True, text=True, check=True).stdout.strip() or None
    except (OSError, subprocess.CalledProcessError):
        return None
