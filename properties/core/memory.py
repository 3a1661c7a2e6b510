"""What memory holds: guard zones, copies of all that a view is a part of, bits, poisoned allocations."""

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import numpy as np

GUARD = 64
"""Elements of guard zone before and after a buffer."""


def guard_value(dtype: Any, kind: str) -> float | int:
    """Return what fills a guard zone: NaN or 1e30, -7 or the largest int."""
    name = str(dtype).removeprefix("torch.")
    if "float" in name:
        largest = {"float16": 6e4}.get(name, 1e30)
        return math.nan if kind == "nan" else largest
    return -7 if kind == "nan" else int(np.iinfo(name).max)


def repeated(placed: dict[str, Any], copies: int) -> dict[str, Any]:
    """Return placed arguments with the batch ``copies`` times over, made where they lie."""
    return {
        name: None
        if value is None
        else np.tile(value, (copies, *[1] * (value.ndim - 1)))
        if isinstance(value, np.ndarray)
        else value.repeat(copies, *[1] * (value.ndim - 1))
        for name, value in placed.items()
    }


def whole_buffer(view: Any) -> Any:
    """Return a flat copy of all the memory that ``view`` is a part of, guard zones included."""
    if isinstance(view, np.ndarray):
        owner: Any = view  # as_strided puts an object that is no array into the chain of bases
        while getattr(owner, "base", None) is not None:
            owner = owner.base
        return owner.copy()
    elements = view.untyped_storage().nbytes() // view.element_size()
    return view.as_strided((elements,), (1,), 0).clone()


def duplicate(view: Any) -> Any:
    """Return a copy of ``view`` that lies in memory as it does, in a copy of all that it is a part of."""
    if isinstance(view, np.ndarray):
        owner: Any = view
        while getattr(owner, "base", None) is not None:
            owner = owner.base
        copy = owner.copy()
        start = view.__array_interface__["data"][0] - owner.__array_interface__["data"][0]
        return np.ndarray(view.shape, view.dtype, copy.data, start, view.strides)
    storage = view.untyped_storage().clone()
    return view.new_empty(0).set_(storage, view.storage_offset(), view.shape, view.stride())


def surroundings(view: Any) -> Any:
    """Return a flat copy of all the memory that ``view`` is a part of, with the view itself blanked."""
    copy = duplicate(view)
    copy[...] = 0
    return whole_buffer(copy)


def to_numpy(output: Any) -> tuple[np.ndarray, str]:
    """Return a tensor's or an array's values and the name of its dtype; bfloat16 comes as float32."""
    if hasattr(output, "detach"):
        name = str(output.dtype).removeprefix("torch.")
        tensor = output.detach().cpu()
        return (tensor.float() if name == "bfloat16" else tensor).numpy(), name
    array = np.asarray(output)
    return array, array.dtype.name


def same_bits(first: Any, second: Any) -> bool:
    """Compare two arrays or tensors bit for bit, NaN included."""
    if isinstance(first, np.ndarray):
        return bool(first.shape == second.shape and first.tobytes() == second.tobytes())
    import torch

    whole = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}[first.element_size()]
    return bool(torch.equal(first.contiguous().view(whole), second.contiguous().view(whole)))


def differing(first: Mapping[str, Any], second: Mapping[str, Any]) -> str:
    """Return the names of the arrays that differ in any bit."""
    return ", ".join(name for name in first if not same_bits(first[name], second[name]))


def overwrite(view: Any) -> bool:
    """Fill with a guard's value; False where there is nothing to fill, or what may not be written."""
    boolean = str(view.dtype).endswith("bool")
    value = True if boolean else guard_value(view.dtype, "nan")
    try:
        view[...] = value
    except (ValueError, RuntimeError):  # read-only, or expanded
        return False
    return bool(math.prod(view.shape))


@dataclass(slots=True)
class Allocation:
    """An output buffer handed out by ``poisoned``, with its guard zones."""

    buffer: Any
    start: int
    stop: int
    guard: float | int

    def damaged(self) -> int:
        """Return how many elements of the guard zones were overwritten."""
        zones = [self.buffer[: self.start], self.buffer[self.stop :]]
        total = 0
        for zone in zones:
            changed = zone == zone if math.isnan(self.guard) else zone != self.guard
            total += int(changed.sum())
        return total


@contextmanager
def poisoned(kind: str, device: str) -> Iterator[list[Allocation]]:
    """Make uninitialised memory hold a guard's value, with guard zones around it.

    ``torch.empty`` and its kin (``numpy.empty`` for NumPy subjects) hand out filled buffers while
    this is active; the list receives every buffer handed out.
    """
    made: list[Allocation] = []
    if device == "numpy":
        with patch.object(np, "empty", _poisoned_numpy(np.empty, kind, made)):
            yield made
        return
    import torch

    real = torch.empty

    def empty(*size: Any, **options: Any) -> Any:
        shape = tuple(size[0]) if len(size) == 1 and not isinstance(size[0], int) else size
        if isinstance(options.pop("size", None), tuple):
            return real(*size, **options)
        elements = math.prod(shape)
        buffer = real(elements + 2 * GUARD, **options)
        value = guard_value(buffer.dtype, kind) if buffer.dtype != torch.bool else True
        buffer.fill_(value)
        made.append(Allocation(buffer, GUARD, GUARD + elements, value))
        return buffer[GUARD : GUARD + elements].view(shape)

    def empty_like(tensor: Any, **options: Any) -> Any:
        return empty(*tensor.shape, dtype=options.get("dtype") or tensor.dtype, device=tensor.device)

    def new_empty(tensor: Any, *size: Any, **options: Any) -> Any:
        return empty(*size, dtype=options.get("dtype") or tensor.dtype, device=tensor.device)

    with (
        patch.object(torch, "empty", empty),
        patch.object(torch, "empty_like", empty_like),
        patch.object(torch.Tensor, "new_empty", new_empty),
    ):
        yield made


def _poisoned_numpy(
    real: Callable[..., np.ndarray], kind: str, made: list[Allocation]
) -> Callable[..., np.ndarray]:
    def empty(shape: Any, dtype: Any = float, **_: Any) -> np.ndarray:
        size = (int(shape),) if isinstance(shape, int | np.integer) else tuple(shape)
        elements = math.prod(size)
        buffer = real(elements + 2 * GUARD, dtype)
        if buffer.dtype.kind not in "fi":
            return real(shape, dtype)
        value = guard_value(buffer.dtype, kind)
        buffer.fill(value)
        made.append(Allocation(buffer, GUARD, GUARD + elements, value))
        return buffer[GUARD : GUARD + elements].reshape(size)

    return empty
