"""The subject: one implementation of one thing under contract, on one device, called with NumPy values."""

from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any, Generic, TypeVar

import numpy as np

from draftproof.axes import Axis
from draftproof.properties.core.contract import Argument, Arrays, Contract, FunctionContract
from draftproof.properties.core.layouts import Layout, place
from draftproof.properties.core.memory import duplicate, to_numpy
from draftproof.properties.core.narrowing import narrow
from draftproof.properties.core.promises import EVERYTHING, Promises, read_promises

DEVICES = ("numpy", "cpu", "interpreter", "cuda")

C = TypeVar("C", bound=Contract)


class WrongSignatureError(Exception):
    """The implementation returned something of another shape or dtype than the contract says."""


class Subject(Generic[C]):
    """An implementation under judgement: a function, a class, or a compiler.

    ``device`` is "cpu" or "cuda" for what takes torch tensors, "interpreter" for Triton kernels run
    on CPU tensors by its interpreter, "numpy" for what takes NumPy arrays or text (a backend says so with
    ``CONFORMANCE = {"arrays": "numpy"}``).
    """

    def __init__(self, contract: C, implementation: Callable[..., Any], device: str) -> None:
        if device not in DEVICES:
            raise ValueError(f"device must be one of {', '.join(DEVICES)}, got {device!r}")
        self.contract = contract
        self.implementation = implementation
        self.device = device

    def synchronise(self) -> None:
        """Wait for the device, so that its errors surface here."""
        if self.device == "cuda":
            import torch

            torch.cuda.synchronize()


class FunctionSubject(Subject[FunctionContract]):
    """A function of arrays.

    ``memory`` is what a backend that does not claim to be lean says it needs beyond the contract's
    scratch, in multiples of its inputs' bytes (``CONFORMANCE = {"memory": 40}``), and ``promises`` what it
    promises of the operation (``CONFORMANCE = {"verify_chain": {"rule": "token"}}``), to which the contract
    is narrowed.
    """

    def __init__(
        self,
        contract: FunctionContract,
        implementation: Callable[..., Any],
        device: str,
        memory: float = 0.0,
        promises: Promises = EVERYTHING,
    ) -> None:
        super().__init__(contract, implementation, device)
        self.memory = memory
        self.promises = promises

    def place(self, inputs: Arrays, dtype: str, layout: Layout | None = None) -> dict[str, Any]:
        """Copy the inputs to the subject's device, in a given memory layout (contiguous if None)."""
        return {
            argument.name: self.lay(argument, inputs[argument.name], dtype, layout)
            for argument in self.contract.arguments
        }

    def lay(self, argument: Argument, array: np.ndarray | None, dtype: str, layout: Layout | None) -> Any:
        """Copy one argument to the subject's device; None stays None."""
        return None if array is None else place(array, self.device, dtype_of(argument, dtype), layout)

    def call(self, placed: dict[str, Any], keywords: Mapping[str, Any]) -> tuple[Any, ...]:
        """Call the implementation and return its results where they are; mutated arguments come first."""
        outputs = self.implementation(**placed, **keywords)
        mutated = tuple(placed[argument.name] for argument in self.contract.mutated)
        if outputs is None and not self.contract.outputs:
            return mutated
        return (*mutated, *(outputs if isinstance(outputs, Sequence) else (outputs,)))

    def launch(self, placed: dict[str, Any], keywords: Mapping[str, Any]) -> tuple[Any, ...]:
        """Call on copies of what is mutated, which lie as the originals do: ``placed`` can be used again."""
        copies = {argument.name: duplicate(placed[argument.name]) for argument in self.contract.mutated}
        return self.call({**placed, **copies}, keywords)

    def collect(self, results: tuple[Any, ...], shape: Mapping[str, int], dtype: str = "float32") -> Arrays:
        """Bring results back as NumPy arrays after checking their number, shapes and dtypes."""
        wanted = self.contract.results
        if len(results) != len(wanted):
            raise WrongSignatureError(
                f"{self.contract.name} must return {len(self.contract.outputs)} outputs, "
                f"got {len(results) - len(self.contract.mutated)}"
            )
        return {
            argument.name: self._collected(argument, output, shape, dtype)
            for argument, output in zip(wanted, results, strict=True)
        }

    def __call__(
        self, inputs: Arrays, keywords: Mapping[str, Any], shape: Mapping[str, int], dtype: str = "float32"
    ) -> Arrays:
        """Place the inputs, call, and collect the results."""
        return self.collect(self.call(self.place(inputs, dtype), keywords), shape, dtype)

    def _require_place(self, argument: Argument, output: Any) -> None:
        """Refuse an output that is not where the caller's arrays are: its next kernel could not read it."""
        wanted = "cuda" if self.device == "cuda" else "cpu"
        expected = "a NumPy array" if self.device == "numpy" else f"a tensor on {wanted}"
        if (got := _describe(output)) != expected:
            raise WrongSignatureError(
                f"{self.contract.name} must return {argument.name} as {expected}, got {got}"
            )

    def _collected(self, argument: Argument, output: Any, shape: Mapping[str, int], dtype: str) -> np.ndarray:
        self._require_place(argument, output)
        array, found = to_numpy(output)
        sizes = [Axis.parse(axis).size(shape) for axis in argument.axes]
        wanted = dtype_of(argument, dtype) or argument.dtype
        # A NumPy subject may answer in float64 where a kernel answers in float32: an oracle does.
        wider = "float" in wanted and self.device == "numpy" and array.dtype.kind == "f"
        fits = array.ndim == len(sizes) and all(
            size in (None, length) for size, length in zip(sizes, array.shape, strict=True)
        )
        if not fits or not (found == wanted or wider):
            expected = [
                axis if size is None else size for axis, size in zip(argument.axes, sizes, strict=True)
            ]
            raise WrongSignatureError(
                f"{self.contract.name} must return {argument.name} as {wanted} {expected}, "
                f"got {found} {list(array.shape)}"
            )
        return array


def _describe(output: Any) -> str:
    """Say what kind of thing an output is, and where it lies."""
    if not hasattr(output, "layout"):
        return "a NumPy array" if isinstance(output, np.ndarray) else f"a {type(output).__name__}"
    layout = str(output.layout).removeprefix("torch.")
    return f"a tensor on {output.device.type}" + f", {layout}" * (layout != "strided")


def dtype_of(argument: Argument, dtype: str) -> str | None:
    """Return what an argument is cast to in a case of ``dtype``; None where its arrays say it themselves."""
    if argument.dtype == "float":
        return dtype
    return argument.dtype if argument.dtype == "bfloat16" else None


def subject_of(
    backend: ModuleType, contract: Contract, device: str, promised: bool = True
) -> Subject[Any] | None:
    """Return a backend's implementation of what is under contract, or None if it has none.

    Its contract is narrowed to what the backend promises, unless ``promised`` is False; ValueError if that
    cannot be read.
    """
    implementation = getattr(backend, contract.name, None)
    if not callable(implementation):
        return None
    declared = getattr(backend, "CONFORMANCE", {})
    device = "numpy" if declared.get("arrays") == "numpy" else device
    if isinstance(contract, FunctionContract):
        promises = read_promises(contract, declared.get(contract.name) if promised else None)
        narrowed = narrow(contract, promises)
        assert isinstance(narrowed, FunctionContract)
        return FunctionSubject(narrowed, implementation, device, float(declared.get("memory", 0.0)), promises)
    return Subject(contract, implementation, device)
