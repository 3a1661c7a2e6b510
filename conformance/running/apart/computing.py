"""The other end: makes a call's arguments from the shared file, calls, and writes the results there."""

import mmap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from draftproof.conformance.running.apart.sheet import LINE
from draftproof.conformance.running.messages import LONGEST_TEXT

COMPUTE = "compute"
"""The word with which a call is asked for; no operation has it for a name."""


def answer_call(function: Callable[..., Any], device: str, words: Mapping[str, Any]) -> Any:
    """Call a function as the judge asks; return what describes its results, or {"raised": what}."""
    try:
        return compute(function, device, words)
    except Exception as error:  # a stranger's kernel may raise anything
        return {"raised": f"{type(error).__name__}: {error}"[:LONGEST_TEXT]}


def compute(function: Callable[..., Any], device: str, words: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Call a function with what the judge has written; return the shapes and dtypes of what it answered.

    ValueError if the results do not fit the room that there is.
    """
    with Path(words["file"]).open("r+b") as file:
        # Never closed: it goes with the last view of it, which the backend may keep.
        shared = mmap.mmap(file.fileno(), 0)
    places = _Places(shared, device)
    placed = {name: places.argument(about) for name, about in words["arguments"].items()}
    answer = function(**placed, **words["keywords"])
    results = () if answer is None else answer if isinstance(answer, tuple | list) else (answer,)
    places.write_back()
    begin, room = words["results"]
    described = []
    for result in results:
        array, dtype = _collect(result)
        if array.nbytes > room:
            raise ValueError(f"results of at most {words['results'][1]} bytes fit, got more")
        shared[begin : begin + array.nbytes] = array.tobytes()
        step = -(-array.nbytes // LINE) * LINE
        begin, room = begin + step, room - step
        described.append({"shape": list(array.shape), "dtype": dtype})
    return described


class _Places:
    """The arguments of one call on the device; memory that they share is shared there."""

    def __init__(self, shared: mmap.mmap, device: str) -> None:
        self.shared, self.device = shared, device
        self.there: dict[tuple[int, int], tuple[Any, Any]] = {}

    def argument(self, about: Mapping[str, Any] | None) -> Any:
        if about is None:
            return None
        shape, strides, dtype = about["shape"], about["strides"], about["dtype"]
        stored = np.dtype("int16" if dtype == "bfloat16" else dtype)
        if self.device != "cuda":
            array: Any = (
                np.ndarray(shape, stored, memoryview(self.shared), about["offset"], strides)
                if 0 not in shape
                else np.zeros(shape, stored)  # wherever it would lie
            )
            if self.device == "numpy":
                array.flags.writeable = about["writeable"]
                return array
            return as_tensor(array, dtype)
        import torch

        begin, length = about["root"]
        if (begin, length) not in self.there:
            root = torch.frombuffer(self.shared, dtype=torch.uint8, count=length, offset=begin)
            self.there[begin, length] = root, root.to("cuda")
        storage = self.there[begin, length][1].untyped_storage()
        steps = [stride // stored.itemsize for stride in strides]
        start = (about["offset"] - begin) // stored.itemsize
        return torch.empty(0, dtype=getattr(torch, dtype), device="cuda").set_(storage, start, shape, steps)

    def write_back(self) -> None:
        for here, there in self.there.values():
            here.copy_(there)


def as_tensor(array: np.ndarray, dtype: str) -> Any:
    """Return a tensor over an array; bfloat16 travels as int16, for NumPy has none."""
    import torch

    tensor = torch.from_numpy(array)
    return tensor.view(torch.bfloat16) if dtype == "bfloat16" else tensor


def _collect(result: Any) -> tuple[np.ndarray, str]:
    """Return a result in one piece on the processor, and the name of its dtype."""
    if hasattr(result, "detach"):
        import torch

        dtype = str(result.dtype).removeprefix("torch.")
        tensor = result.detach().cpu().contiguous()
        return (tensor.view(torch.int16) if dtype == "bfloat16" else tensor).numpy(), dtype
    if not isinstance(result, np.ndarray | np.generic):
        raise TypeError(f"arrays were expected as results, got {type(result).__name__}")
    array = np.ascontiguousarray(result)
    return array, array.dtype.name
