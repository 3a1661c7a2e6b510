"""Compiles the host tree with the machine's C++ compiler, once for each source, compiler and processor.

A machine without a compiler gets one from PyPI: ``pip install draftproof[host]`` brings ziglang, whose
``c++`` is clang.
"""

import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

from draftproof.optimized.compiled import BuildError, cache_folder, compile_to, digest

ROOT = Path(__file__).parent
SOURCE = ROOT / "prefix" / "radix_tree.cpp"
FLAGS = ("-std=c++17", "-O3", "-shared", "-fPIC", "-fvisibility=hidden")


@lru_cache
def compiler() -> tuple[str, ...]:
    """Return the command of the compiler: CXX, c++, clang++ or g++ on PATH, or the wheel ``ziglang``."""
    for name in (os.environ.get("CXX"), "c++", "clang++", "g++"):
        found = shutil.which(name) if name else None
        if found:
            return (found,)
    if importlib.util.find_spec("ziglang"):
        return (sys.executable, "-m", "ziglang", "c++")
    raise BuildError(
        "no C++ compiler: c++, clang++ and g++ are not on PATH, and ziglang is not installed: "
        "pip install 'draftproof[host]' brings it"
    )


def library() -> Path:
    """Return the compiled library, built if absent."""
    target = cache_folder("host") / f"radix_tree-{_digest()}.so"
    if not target.exists():
        compile_to(target, [*compiler(), *_flags(), str(SOURCE)], SOURCE.name)
    return target


@lru_cache
def _flags() -> tuple[str, ...]:
    """The options, with vectors of 32 bytes where the processor has them: part of the digest."""
    flags = FLAGS
    if sys.platform == "darwin":
        flags = (*flags, "-undefined", "dynamic_lookup")  # Python's own functions are found at run time
    wide = platform.machine() in ("x86_64", "AMD64") and {"avx2", "bmi2", "fma", "movbe"} <= _features()
    if "ziglang" in compiler():
        # Left to itself it would compile for this very processor, which the digest does not name.
        return (*flags, "-mcpu=x86_64_v3" if wide else "-mcpu=baseline")
    return (*flags, "-march=x86-64-v3") if wide else flags


def _features() -> set[str]:
    """What the processor says it can do; empty where the system does not tell."""
    described = Path("/proc/cpuinfo")
    lines = described.read_text().splitlines() if described.exists() else []
    return next((set(line.split()) for line in lines if line.startswith("flags")), set())


@lru_cache
def _digest() -> str:
    words = (_version(), platform.machine(), *_flags())
    return digest(words, (SOURCE, *sorted(SOURCE.parent.glob("*.h"))))


@lru_cache
def _version() -> str:
    done = subprocess.run([*compiler(), "--version"], capture_output=True, text=True, check=True)
    return done.stdout
