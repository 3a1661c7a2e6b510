"""Layouts keep the values that they can hold, and lie in memory as their names say."""

import math
from typing import Any

import numpy as np
import pytest

from draftproof.properties.core.layouts import TOGETHER, Layout, contiguous, layouts_of, place
from draftproof.properties.core.memory import GUARD, duplicate, same_bits

SHAPES = ((0,), (1,), (7,), (2, 3), (0, 4), (3, 0, 5), (2, 3, 5))
DTYPES = ("float32", "float64", "int32", "int64")


def sample_array(shape: tuple[int, ...], dtype: str) -> np.ndarray:
    return (np.arange(math.prod(shape)) + 1).reshape(shape).astype(dtype)


def strides(view: Any) -> tuple[int, ...]:
    if isinstance(view, np.ndarray):
        return tuple(stride // view.itemsize for stride in view.strides)
    return tuple(view.stride())


@pytest.mark.parametrize("layout", [None, *TOGETHER], ids=str)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("device", ["numpy", "cpu"])
def test_a_layout_keeps_the_values(
    device: str, shape: tuple[int, ...], dtype: str, layout: Layout | None
) -> None:
    array = sample_array(shape, dtype)
    placed = place(array, device, None, layout)
    assert tuple(placed.shape) == shape
    np.testing.assert_array_equal(np.asarray(placed), array)


@pytest.mark.parametrize("shape", [(7,), (2, 3), (1, 1), (2, 3, 5)], ids=str)
@pytest.mark.parametrize("written", [False, True])
@pytest.mark.parametrize("device", ["numpy", "cpu"])
def test_layouts_of_one_argument_hold_what_they_say(
    device: str, written: bool, shape: tuple[int, ...]
) -> None:
    array, names = sample_array(shape, "float32"), set()
    for layout in layouts_of(shape, device, written):
        view = place(array, device, "float32", layout)
        names.add(layout.name)
        np.testing.assert_array_equal(np.asarray(view), layout.values(array))
        assert same_bits(contiguous(view), contiguous(duplicate(view)))
        assert layout.repeats or np.array_equal(np.asarray(view), array)
        assert not (written and layout.repeats)
    assert len(names) == len(list(layouts_of(shape, device, written)))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("with step 2 on axis 0", (30, 5, 1)),
        ("with step 2 on axis 1", (30, 10, 1)),
        ("with step 2 on axis 2", (30, 10, 2)),
        ("expanded on axis 0", (0, 5, 1)),
        ("expanded on axis 2", (3, 1, 0)),
        ("backwards on axis 0", (-15, 5, 1)),
        ("backwards on axis 2", (15, 5, -1)),
        ("with axes 0 and 1 exchanged in memory", (5, 10, 1)),
        ("with axes 0 and 2 exchanged in memory", (1, 2, 6)),
        ("with axes 1 and 2 exchanged in memory", (15, 1, 3)),
        ("with gaps between rows", (30, 10, 1)),
        ("with overlapping rows, one element apart", (3, 1, 1)),
        ("with overlapping rows, half a row apart", (6, 2, 1)),
        ("with overlapping rows, a row less one apart", (12, 4, 1)),
        ("read-only", (15, 5, 1)),
    ],
)
def test_layouts_are_what_they_are_called(name: str, expected: tuple[int, ...]) -> None:
    array = sample_array((2, 3, 5), "float32")
    layout = next(layout for layout in layouts_of(array.shape, "numpy", False) if layout.name == name)
    view = place(array, "numpy", None, layout)
    assert strides(view) == expected
    assert view.flags.writeable == (name != "read-only")
    if min(expected) >= 0 and name != "read-only":
        assert strides(place(array, "cpu", None, layout)) == expected


def test_a_slice_lies_behind_other_rows() -> None:
    array = sample_array((2, 3), "float32")
    places = {layout.name: place(array, "cpu", None, layout) for layout in layouts_of((2, 3), "cpu", False)}
    assert places["misaligned by one element"].storage_offset() == GUARD + 1
    assert places["behind other rows"].storage_offset() == GUARD + 12


@pytest.mark.parametrize(
    "name", ["expanded on axis 1", "expanded on axis 0", "with overlapping rows, one element apart"]
)
def test_who_ignores_strides_meets_guards(name: str) -> None:
    array = sample_array((4, 3), "float32")
    layout = next(layout for layout in layouts_of((4, 3), "cpu", False) if layout.name == name)
    view = place(array, "cpu", None, layout)
    taken_for_contiguous = view.as_strided((12,), (1,), view.storage_offset())
    assert taken_for_contiguous.isnan().any()
