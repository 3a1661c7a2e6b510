"""Compiles the host tree with the machine's C++ compiler, once for each source, compiler and processor.

A machine without a compiler gets one from PyPI: ``pip install draftproof[host]`` brings ziglang, whose
``c++`` is clang.
"""

import importlib.util
import os
import platform
import shlex
import shutil
import sys
from functools import lru_cache
from pathlib import Path

from draftproof.optimized.compiled import (
    ANSWER_LIMIT,
    BuildError,
    cache_folder,
    compile_to,
    digest,
    refuse_shared,
    run_compiler,
)

ROOT = Path(__file__).parent
SOURCE = ROOT / "prefix" / "radix_tree.cpp"
FLAGS = ("-std=c++17", "-O3", "-shared", "-fPIC", "-fvisibility=hidden")


@lru_cache
def compiler() -> tuple[str, ...]:
    """Return the command of the compiler: CXX, c++, clang++ or g++ on PATH, or the wheel ``ziglang``.

    CXX may have several words, such as ``ccache g++``; BuildError if the first of them is not there.
    """
    if asked := os.environ.get("CXX", "").strip():
        return _find_asked(asked)
    for name in ("c++", "clang++", "g++"):
        if found := shutil.which(name):
            return (found,)
    if importlib.util.find_spec("ziglang"):
        return (sys.executable, "-m", "ziglang", "c++")
    raise BuildError(
        "no C++ compiler: c++, clang++ and g++ are not on PATH, and ziglang is not installed: "
        "pip install 'draftproof[host]' brings it"
    )


def _find_asked(asked: str) -> tuple[str, ...]:
    if whole := shutil.which(asked):  # a path with blanks in it
        return (whole,)
    try:
        command, *options = shlex.split(asked, posix=os.name == "posix")
    except ValueError as error:
        raise BuildError(f"CXX is {asked!r}, which is no command: {error}") from error
    if found := shutil.which(command):
        return (found, *options)
    raise BuildError(f"CXX is {asked!r}, and {command} is not on PATH")


def library() -> Path:
    """Return the compiled library, built if it is not there whole; BuildError as ``compile_to``."""
    made = _build()
    if isinstance(made, BuildError):
        raise made
    return made


@lru_cache
def _build() -> Path | BuildError:
    """Build once in a process: a compiler that hangs is not waited for at every tree."""
    try:
        target = folder() / f"radix_tree-{_digest()}.so"
        compile_to(target, [*compiler(), *_flags(), str(SOURCE)], SOURCE.name)
    except BuildError as error:
        return error
    return target


def folder() -> Path:
    """Return where the library lies; BuildError if others may write there."""
    place = cache_folder("host")
    refuse_shared(place)
    return place


@lru_cache
def _flags() -> tuple[str, ...]:
    """The options, with vectors of 32 bytes where the processor has them: part of the digest."""
    flags = FLAGS
    if sys.platform == "darwin":
        flags = (*flags, "-undefined", "dynamic_lookup")  # Python's own functions are found at run time
    wide = platform.machine() in ("x86_64", "AMD64") and {"avx2", "bmi2", "fma", "movbe"} <= _features()
    if "ziglang" in compiler() or any(Path(word).stem == "zig" for word in compiler()):
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
    return run_compiler([*compiler(), "--version"], "its version", ANSWER_LIMIT)
