"""What a machine needs to record evidence, said before anything starts. Only the standard library is used."""

import shutil
from importlib.util import find_spec

MODULES = {
    "numpy": "the oracles",
    "torch": "every kernel",
    "triton": "the Triton kernels",
    "cupy": "the CuPy kernels",
    "scipy": "the statistical laws",
    "hypothesis": "the search for cases",
    "jsonschema": "reading reports and evidence",
    "jinja2": "the page",
    "matplotlib": "the charts",
    "typer": "the command line",
    "rich": "the command line",
}
"""Importable modules, and what needs them."""


def find_lacking() -> list[str]:
    """Return what this machine lacks, each in one line; nothing if a campaign can start."""
    lacking = [f"the module {name}, for {use}" for name, use in MODULES.items() if find_spec(name) is None]
    if find_spec("torch") and not _has_gpu():
        lacking.append("a GPU that torch can use")
    if find_spec("torch") and find_spec("numpy"):
        lacking += _find_lacking_compilers()
    elif not any(map(shutil.which, ("c++", "clang++", "g++"))):
        lacking.append("a C++ compiler, for the host tree")
    return lacking


def _has_gpu() -> bool:
    import torch

    return torch.cuda.is_available()


def _find_lacking_compilers() -> list[str]:
    """Ask the backends themselves, which know where they look for a compiler."""
    from draftproof.optimized.compiled import BuildError
    from draftproof.optimized.cuda.build import nvcc
    from draftproof.optimized.host.build import compiler

    lacking = []
    for find, use in ((nvcc, "the CUDA kernels"), (compiler, "the host tree")):
        try:
            find()
        except BuildError as error:
            lacking.append(f"a compiler, for {use}: {error}")
    return lacking
