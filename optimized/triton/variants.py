"""Every machine code that the operations may launch, compiled without a GPU.

For budgets of registers, stack and shared memory, and for the compiler's opinion of code that the
interpreter accepts. Not in a process under TRITON_INTERPRET=1: there the kernels are Python.
"""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from draftproof.optimized.triton.launch import INTERPRETED, Kernel

PACKAGE = "draftproof.optimized.triton"
MODULES = [
    import_module(f"{PACKAGE}.{path.parent.name}.{path.stem}")
    for path in sorted(Path(__file__).parent.glob("*/*.py"))
    if path.stem != "__init__"
]
KERNELS = list(
    dict.fromkeys(value for module in MODULES for value in vars(module).values() if isinstance(value, Kernel))
)
"""Every kernel of every pillar, once."""


def cubins(arch: str) -> Iterator[tuple[str, bytes]]:
    """Yield a name and the machine code of each variant for ``arch``, such as "sm_90".

    Raises RuntimeError in a process that interprets the kernels.
    """
    if INTERPRETED:
        raise RuntimeError("cubins: kernels are not compiled in a process under TRITON_INTERPRET=1")
    capability = int(arch.removeprefix("sm_"))
    target = GPUTarget("cuda", capability, 32)
    overlap = capability >= 90
    for kernel in KERNELS:
        for variant in kernel.variants(overlap):
            constants = {(kernel.arguments.index(name),): value for name, value in variant.constants.items()}
            source = ASTSource(kernel.jit, variant.signature, constexprs=constants)
            compiled = triton.compile(source, target=target, options=kernel.options(overlap))
            yield variant.name, compiled.asm["cubin"]
