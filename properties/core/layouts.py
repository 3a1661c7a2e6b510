"""How an array lies in memory: the views that an implementation must accept."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from math import prod
from typing import Any

import numpy as np

from draftproof.properties.core.memory import GUARD, guard_value


@dataclass(frozen=True, slots=True)
class Layout:
    """How an input lies in memory.

    gap
        Elements left unused after each row of the last axis; their content is the guard's.
    offset
        Elements by which the first one is displaced: by few, rows are not 16-byte aligned; by many, the
        view is a slice of a larger batch.
    exchanged
        Two axes that are exchanged in memory.
    step
        An axis and what its stride is multiplied by: 2 skips every other element, -1 goes backwards, and 0
        repeats what lies in its middle: the first row is often a special one.
    apart
        How far the rows of the last axis begin from each other, in elements: less than their length, so
        that they overlap.
    writeable
        Whether a NumPy array may be written.
    guard
        What fills the memory around and between the rows: "nan" or "large".
    """

    name: str
    gap: int = 0
    offset: int = 0
    exchanged: tuple[int, int] | None = None
    step: tuple[int, int] | None = None
    apart: int | None = None
    writeable: bool = True
    guard: str = "nan"

    @property
    def repeats(self) -> bool:
        """Whether one place in memory is several elements: then it cannot hold any values."""
        return self.apart is not None or (self.step is not None and self.step[1] == 0)

    def values(self, array: np.ndarray) -> np.ndarray:
        """Return the array itself, or one of its values that this layout can hold."""
        if self.apart is not None:
            strides, _, _ = self.strides(array.shape)
            flat = np.ascontiguousarray(array).reshape(-1)
            return np.lib.stride_tricks.as_strided(
                flat, array.shape, [stride * array.itemsize for stride in strides]
            )
        if self.step is not None and self.step[1] == 0:
            axis = self.step[0]
            return np.broadcast_to(array.take([array.shape[axis] // 2], axis), array.shape)
        return array

    def strides(self, shape: tuple[int, ...]) -> tuple[list[int], int, int]:
        """Return the strides in elements, where the first element lies, and how many are spanned."""
        strides, begin, width = [0] * len(shape), 0, 1
        if self.apart is not None:
            strides[-1], distance = 1, self.apart
            for axis in reversed(range(len(shape) - 1)):
                strides[axis] = distance
                distance *= shape[axis]
            return strides, 0, 1 + sum(s * (size - 1) for s, size in zip(strides, shape, strict=True))
        order = list(range(len(shape)))
        if self.exchanged is not None and len(shape) > max(self.exchanged):
            one, other = self.exchanged
            order[one], order[other] = other, one
        stepped, factor = self.step or (0, 1)
        for position, axis in enumerate(reversed(order)):
            times = factor if axis == stepped else 1
            strides[axis] = times * width
            begin += width * max(shape[axis] - 1, 0) if times < 0 else 0
            width *= shape[axis] * abs(times) if times else 1
            if position == 0 and len(shape) > 1:
                width += self.gap
        return strides, begin, max(width, 1)


TOGETHER = (
    Layout("rows with gaps", gap=5),
    Layout("misaligned by one element", offset=1),
    Layout("first two axes exchanged", exchanged=(0, 1)),
    Layout("misaligned, with odd gaps", gap=3, offset=3),
)
"""Layouts that all arguments are put into at once."""


def layouts_of(shape: tuple[int, ...], device: str, written: bool) -> Iterator[Layout]:
    """Yield every layout worth trying for one argument by itself: each stride of it, and where it begins.

    What is ``written`` by the call never overlaps itself. Only NumPy has negative strides and arrays that may
    not be written.
    """
    axes, row = range(len(shape)), shape[-1]
    for axis in axes:
        yield Layout(f"with step 2 on axis {axis}", step=(axis, 2))
        if not written and shape[axis] > 1:
            yield Layout(f"expanded on axis {axis}", step=(axis, 0))
        if device == "numpy":
            yield Layout(f"backwards on axis {axis}", step=(axis, -1))
    for pair in combinations(axes, 2):
        yield Layout(f"with axes {pair[0]} and {pair[1]} exchanged in memory", exchanged=pair)
    if len(shape) > 1:
        yield Layout("with gaps between rows", gap=5)
        if not written:
            for apart, far in ((1, "one element"), (row // 2, "half a row"), (row - 1, "a row less one")):
                if 0 < apart < row:
                    yield Layout(f"with overlapping rows, {far} apart", apart=apart)
    yield Layout("misaligned by one element", offset=1)
    yield Layout("behind other rows", offset=4 * prod(shape[1:]))
    if device == "numpy" and not written:
        yield Layout("read-only", writeable=False)


def place(array: np.ndarray, device: str, dtype: str | None, layout: Layout | None) -> Any:
    """Copy an array to a device ("numpy", "cpu", "interpreter", "cuda"), as ``dtype``, in a layout.

    A layout that repeats holds some of the array's values only.
    """
    if device == "numpy":
        array = array.astype(dtype) if dtype in ("float16", "float32") else array.copy()
        if layout is None:
            return array
        buffer, start, strides = _laid(array, str(array.dtype), layout)
        return np.lib.stride_tricks.as_strided(
            buffer[start:],
            array.shape,
            [stride * array.itemsize for stride in strides],
            writeable=layout.writeable,
        )
    import torch

    where = "cuda" if device == "cuda" else "cpu"
    wanted = getattr(torch, dtype) if dtype else None
    if layout is None:
        return torch.from_numpy(np.ascontiguousarray(array)).to(where, wanted).clone()
    buffer, start, strides = _laid(array, dtype or str(array.dtype), layout)
    return torch.from_numpy(buffer).to(where, wanted).clone().as_strided(array.shape, strides, start)


def contiguous(view: Any) -> Any:
    """Return a copy of an array's or a tensor's values that lies in one piece."""
    if isinstance(view, np.ndarray):
        return view.copy(order="C")
    import torch

    return view.clone(memory_format=torch.contiguous_format)


def _laid(array: np.ndarray, dtype: str, layout: Layout) -> tuple[np.ndarray, int, list[int]]:
    """Return a buffer of guards with the array in it, where the first element lies, and the strides."""
    strides, begin, width = layout.strides(array.shape)
    start = GUARD + layout.offset + begin
    # Whoever takes it for contiguous meets guards, too, and not the end of the buffer.
    length = GUARD + layout.offset + max(width, array.size) + GUARD
    buffer = np.full(length, guard_value(dtype, layout.guard), array.dtype)
    view = np.lib.stride_tricks.as_strided(
        buffer[start:], array.shape, [stride * array.itemsize for stride in strides]
    )
    view[...] = layout.values(array)
    return buffer, start, strides
