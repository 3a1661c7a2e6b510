"""How a Triton kernel is declared, launched and compiled ahead of time, from one list of variants.

A kernel's machine code depends on the element types behind its pointers and on its constexprs. Both
are declared with the kernel; ``launch`` refuses what was not declared and turns off Triton's own
specialisation (on 16-byte pointers, on the integers 1 and multiples of 16), so the declared variants
are all there are and ``variants.compilations`` can compile each of them without a GPU.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from itertools import product
from typing import Any, NamedTuple

import torch
import triton
import triton.language as tl

INTERPRETED: bool = bool(triton.knobs.runtime.interpret)
ELEMENTS = {
    torch.float32: "fp32",
    torch.float64: "fp64",
    torch.float16: "fp16",
    torch.bfloat16: "bf16",
    torch.int32: "i32",
    torch.int64: "i64",
}

SCALARS = {tl.int32: "i32", tl.int64: "i64"}


class Variant(NamedTuple):
    """What one piece of machine code is compiled from."""

    name: str
    signature: dict[str, str]
    constants: dict[str, int]


class Kernel:
    """A Triton function with its declared variants.

    Parameters
    ----------
    function
        The kernel. What is neither a pointer nor a constexpr is annotated tl.int32 or tl.int64.
    pointers
        The element type behind each pointer argument: a Triton type, or a key of ``types``.
    types
        The element types that a name used in ``pointers`` stands for.
    constants
        The values that each constexpr may have. ``OVERLAP`` is set by the launcher: whether the
        device can start a kernel before the one it depends on has ended (sm_90).
    warps
        Warps per program.
    registers
        The most that a thread may take, on devices that cannot (False) and that can overlap (True).
        Without a number ptxas may spill a few to fit more programs on a multiprocessor.
    follows
        Whether the kernel may be started early because it waits for the one before it by itself.
    """

    def __init__(
        self,
        function: Callable[..., None],
        *,
        pointers: Mapping[str, str],
        types: Mapping[str, tuple[str, ...]],
        constants: Mapping[str, tuple[int, ...]],
        warps: int,
        registers: Mapping[bool, int],
        follows: bool,
    ) -> None:
        self.name = f"{function.__module__.removeprefix('draftproof.optimized.triton.')}.{function.__name__}"
        self.arguments = list(inspect.signature(function).parameters)
        self.annotations = function.__annotations__
        self.pointers, self.types, self.constants = pointers, types, constants
        self.warps, self.registers, self.follows = warps, registers, follows
        self.overlaps = "OVERLAP" in self.arguments
        runtime = [name for name in self.arguments if name not in {*constants, "OVERLAP"}]
        self.jit = triton.jit(do_not_specialize=runtime)(function)

    def launch(self, programs: int, device: torch.device, **arguments: Any) -> None:
        """Start ``programs`` programs on the device's current stream."""
        for name, values in self.constants.items():
            if arguments[name] not in values:
                raise AssertionError(f"{self.name}: undeclared {name}={arguments[name]!r}")
        for name, element in self.pointers.items():
            if ELEMENTS[arguments[name].dtype] not in self.types.get(element, (element,)):
                raise AssertionError(f"{self.name}: undeclared {name} of {arguments[name].dtype}")
        overlap = can_overlap(device)
        if self.overlaps:
            arguments["OVERLAP"] = overlap
        with _current(device):
            self.jit[(programs,)](**arguments, **self.options(overlap))

    def options(self, overlap: bool) -> dict[str, int]:
        """Return the compiler's and the launch's options on a device that can or cannot overlap."""
        options = {"num_warps": self.warps, "launch_pdl": self.follows and overlap}
        if overlap in self.registers:
            options["maxnreg"] = self.registers[overlap]
        return options

    def variants(self, overlap: bool) -> Iterator[Variant]:
        """Yield everything that ``launch`` may compile on a device that can or cannot overlap."""
        constants = {**self.constants, "OVERLAP": (overlap,)} if self.overlaps else dict(self.constants)
        for elements in product(*self.types.values()):
            chosen = dict(zip(self.types, elements, strict=True))
            for values in product(*constants.values()):
                fixed = dict(zip(constants, values, strict=True))
                signature = {name: self._type(name, chosen, fixed) for name in self.arguments}
                label = ",".join([*elements, *(f"{name}={value}" for name, value in fixed.items())])
                yield Variant(f"{self.name}[{label}]", signature, fixed)

    def _type(self, name: str, chosen: Mapping[str, str], fixed: Mapping[str, int]) -> str:
        if name in fixed:
            return "constexpr"
        if name in self.pointers:
            return f"*{chosen.get(self.pointers[name], self.pointers[name])}"
        return SCALARS[self.annotations[name]]


def kernel(
    *,
    pointers: Mapping[str, str],
    constants: Mapping[str, tuple[int, ...]],
    warps: int,
    registers: Mapping[bool, int] | None = None,
    types: Mapping[str, tuple[str, ...]] | None = None,
    follows: bool = False,
) -> Callable[[Callable[..., None]], Kernel]:
    """Declare a kernel; the arguments are those of ``Kernel``."""
    return lambda function: Kernel(
        function,
        pointers=pointers,
        types=types or {},
        constants=constants,
        warps=warps,
        registers=registers or {},
        follows=follows,
    )


def contiguous_rows(tensor: torch.Tensor) -> torch.Tensor:
    """Return ``tensor`` itself if its rows are contiguous, wherever they lie, or else a copy."""
    return tensor if tensor.stride(-1) == 1 or tensor.shape[-1] <= 1 else tensor.contiguous()


def aligned(*rows: torch.Tensor | None) -> bool:
    """Whether every (contiguous) row starts at 16 bytes and is whole 16-byte words long."""
    return all(
        tensor.data_ptr() % 16 == 0
        and tensor.shape[-1] * tensor.element_size() % 16 == 0
        and all(
            stride * tensor.element_size() % 16 == 0
            for stride, size in zip(tensor.stride()[:-1], tensor.shape[:-1], strict=True)
            if size > 1
        )
        for tensor in rows
        if tensor is not None
    )


def unavailable(device: str) -> str | None:
    """Return why these kernels cannot run on ``device`` ("cpu", "cuda", "cuda:1"), or None if they can."""
    kind = torch.device(device).type
    if kind == "cpu":
        return None if INTERPRETED else "Triton runs on the CPU only under TRITON_INTERPRET=1"
    if kind == "cuda":
        return None if torch.cuda.is_available() else "no CUDA device"
    return f"no kernels for {kind}"


def require(operation: str, device: torch.device) -> None:
    """Raise RuntimeError, naming the operation, if its kernels cannot run on ``device``."""
    reason = unavailable(str(device))
    if reason is not None:
        raise RuntimeError(f"{operation}: {reason}")


@cache
def can_overlap(device: torch.device) -> bool:
    """Whether the device has programmatic dependent launch (NVIDIA, compute capability 9.0)."""
    if INTERPRETED or device.type != "cuda" or torch.version.hip is not None:
        return False
    return torch.cuda.get_device_capability(device)[0] >= 9


@cache
def multiprocessors(device: torch.device) -> int:
    """Return how many multiprocessors the device has; the interpreter counts as one."""
    return torch.cuda.get_device_properties(device).multi_processor_count if device.type == "cuda" else 1


def _current(device: torch.device) -> AbstractContextManager[None]:
    """Make ``device`` the current one: Triton launches there, whatever device its arguments are on."""
    if device.type != "cuda" or device.index == torch.cuda.current_device():
        return nullcontext()
    return torch.cuda.device(device)
