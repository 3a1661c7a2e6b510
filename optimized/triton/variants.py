"""Every machine code that the operations may launch, compiled without a GPU.

For budgets of registers, stack and shared memory, and for the compiler's opinion of code that the
interpreter accepts. Not in a process under TRITON_INTERPRET=1: there the kernels are Python.
"""

import ast
import inspect
import pkgutil
import textwrap
from collections.abc import Iterator, Mapping
from functools import cache, partial
from importlib import import_module
from types import FunctionType, ModuleType
from typing import Any

import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from draftproof.optimized import triton as backend
from draftproof.optimized.compiled import Compilation
from draftproof.optimized.triton.launch import INTERPRETED, Kernel, Variant


@cache
def kernels() -> tuple[Kernel, ...]:
    """Return every kernel of this package."""
    modules = pkgutil.walk_packages(backend.__path__, f"{backend.__name__}.")
    found = [value for module in modules for value in vars(import_module(module.name)).values()]
    return tuple(dict.fromkeys(value for value in found if isinstance(value, Kernel)))


def compilations(arch: str) -> Iterator[Compilation]:
    """Yield a compilation of each variant for ``arch``, such as "sm_90".

    Raises RuntimeError in a process that interprets the kernels.
    """
    if INTERPRETED:
        raise RuntimeError("compilations: kernels are not compiled in a process under TRITON_INTERPRET=1")
    capability = int(arch.removeprefix("sm_"))
    overlap = capability >= 90
    for kernel in kernels():
        texts = tuple(sources(kernel.jit.fn))
        options = kernel.options(overlap)
        for variant in kernel.variants(overlap):
            chosen = (variant.signature, variant.constants, options)
            settings = (f"triton {triton.__version__}", arch, *map(str, chosen))
            made = partial(_cubin, kernel, variant, capability, options)
            yield Compilation(variant.name, "python", texts, settings, made)


def _cubin(kernel: Kernel, variant: Variant, capability: int, options: Mapping[str, int]) -> bytes:
    constants = {(kernel.arguments.index(name),): value for name, value in variant.constants.items()}
    source = ASTSource(kernel.jit, variant.signature, constexprs=constants)
    compiled = triton.compile(source, target=GPUTarget("cuda", capability, 32), options=options)
    cubin: bytes = compiled.asm["cubin"]
    return cubin


def sources(function: FunctionType) -> list[str]:
    """Return the text of a kernel, without decorators, and of all of ours that it calls or reads.

    A function that it calls, however indirectly, has its text here, a constant its value. Triton's own
    functions go by its version.
    """
    found: dict[str, str] = {}
    due = [function]
    while due:
        current = due.pop()
        name = f"{current.__module__}.{current.__qualname__}"
        if name in found:
            continue
        found[name], used = _read(current)
        for place, value in used.items():
            called = getattr(value, "fn", value)
            if isinstance(called, FunctionType):
                due += [called] if called.__module__.startswith("draftproof.") else []
            elif not isinstance(value, ModuleType | type) and not type(value).__module__.startswith(
                "triton."
            ):
                found[f"{current.__module__}.{place}"] = f"{place} = {value!r}\n"
            elif isinstance(value, triton.language.constexpr):
                found[f"{current.__module__}.{place}"] = f"{place} = {value.value!r}\n"
    return [found[name] for name in sorted(found)]


def _read(function: FunctionType) -> tuple[str, dict[str, Any]]:
    """Return a function's own text, and the global values that it names, by the name it has for them."""
    text = textwrap.dedent(inspect.getsource(function))
    (tree,) = ast.parse(text).body
    assert isinstance(tree, ast.FunctionDef)
    lines = text.splitlines(keepends=True)[tree.lineno - 1 : tree.end_lineno]
    tree.decorator_list = []  # the variants that it declares are settings of each one
    local = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    used = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute):
            first, *rest = ast.unparse(node).split(".")
            value = None if first in local else function.__globals__.get(first)
            for attribute in rest:
                value = getattr(value, attribute, None)
            if value is not None:
                used[".".join([first, *rest])] = value
    return "".join(lines), used
