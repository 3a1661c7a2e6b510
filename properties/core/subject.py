"""The subject: one implementation of one operation on one device, called with NumPy arrays."""

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import numpy as np

from draftproof.properties.core.contract import Argument, Arrays, Contract
from draftproof.properties.core.memory import Layout, place

DEVICES = ("numpy", "cpu", "interpreter", "cuda")


class WrongSignatureError(Exception):
    """The implementation returned something of another shape or dtype than the contract says."""


class Subject:
    """An implementation under judgement.

    ``device`` is "cpu" or "cuda" for functions of torch tensors, "interpreter" for Triton kernels run
    on CPU tensors by its interpreter, "numpy" for functions of NumPy arrays (a backend says so with
    ``CONFORMANCE = {"arrays": "numpy"}``). ``memory`` is what a backend that does not claim to be lean
    says it needs beyond the contract's scratch, in multiples of its inputs' bytes (``{"memory": 40}``).
    """

    def __init__(
        self, contract: Contract, function: Callable[..., Any], device: str, memory: float = 0.0
    ) -> None:
        if device not in DEVICES:
            raise ValueError(f"device must be one of {', '.join(DEVICES)}, got {device!r}")
        self.contract = contract
        self.function = function
        self.device = device
        self.memory = memory

    @classmethod
    def of(cls, backend: ModuleType, contract: Contract, device: str) -> "Subject | None":
        """Return the backend's implementation of the contract's operation, or None if it has none."""
        function = getattr(backend, contract.name, None)
        if not callable(function):
            return None
        declared = getattr(backend, "CONFORMANCE", {})
        device = "numpy" if declared.get("arrays") == "numpy" else device
        return cls(contract, function, device, float(declared.get("memory", 0.0)))

    def place(self, inputs: Arrays, dtype: str, layout: Layout | None = None) -> dict[str, Any]:
        """Copy the inputs to the subject's device, in a given memory layout (contiguous if None)."""
        placed: dict[str, Any] = {}
        for argument in self.contract.arguments:
            array = inputs[argument.name]
            wanted = dtype if argument.dtype == "float" else None
            placed[argument.name] = None if array is None else place(array, self.device, wanted, layout)
        return placed

    def launch(self, placed: dict[str, Any], keywords: dict[str, Any]) -> tuple[Any, ...]:
        """Call the implementation and return its outputs where they are."""
        outputs = self.function(**placed, **keywords)
        return tuple(outputs) if isinstance(outputs, Sequence) else (outputs,)

    def collect(self, outputs: tuple[Any, ...], shape: dict[str, int]) -> Arrays:
        """Bring outputs back as NumPy arrays after checking their number, shapes and dtypes."""
        wanted = self.contract.outputs
        if len(outputs) != len(wanted):
            raise WrongSignatureError(
                f"{self.contract.name} must return {len(wanted)} outputs, got {len(outputs)}"
            )
        return {
            argument.name: self._collected(argument, output, shape)
            for argument, output in zip(wanted, outputs, strict=True)
        }

    def __call__(
        self, inputs: Arrays, keywords: dict[str, Any], shape: dict[str, int], dtype: str = "float32"
    ) -> Arrays:
        """Place the inputs, call, and collect the outputs."""
        return self.collect(self.launch(self.place(inputs, dtype), keywords), shape)

    def synchronise(self) -> None:
        """Wait for the device, so that its errors surface here."""
        if self.device == "cuda":
            import torch

            torch.cuda.synchronize()

    def _collected(self, argument: Argument, output: Any, shape: dict[str, int]) -> np.ndarray:
        if hasattr(output, "detach"):
            output = output.detach().cpu().numpy()
        array = np.asarray(output)
        expected = tuple(axis_size(axis, shape) for axis in argument.axes)
        # A NumPy subject may answer in float64 where a kernel answers in float32: an oracle does.
        exact = argument.dtype == array.dtype.name
        wider = argument.dtype.startswith("float") and self.device == "numpy" and array.dtype.kind == "f"
        if array.shape != expected or not (exact or wider):
            raise WrongSignatureError(
                f"{self.contract.name} must return {argument.name} as {argument.dtype} {list(expected)}, "
                f"got {array.dtype} {list(array.shape)}"
            )
        return array


def axis_size(axis: str, shape: dict[str, int]) -> int:
    """Return the size of an axis such as ``"K"`` or ``"K+1"``.

    >>> axis_size("K+1", {"K": 3})
    4
    """
    letter, _, plus = axis.partition("+")
    return shape[letter] + int(plus or 0)
