"""Guard zones surround what is placed, and damage to them is seen."""

import math

import numpy as np
import pytest
import torch

from draftproof.properties.core.layouts import Layout, place
from draftproof.properties.core.memory import (
    GUARD,
    guard_value,
    overwrite,
    poisoned,
    same_bits,
    whole_buffer,
)


@pytest.mark.parametrize("device", ["numpy", "cpu"])
@pytest.mark.parametrize("dtype", ["float32", "int32"])
@pytest.mark.parametrize("kind", ["nan", "large"])
def test_guards_lie_around_and_between_the_rows(kind: str, dtype: str, device: str) -> None:
    array = np.zeros((2, 3), dtype)
    view = place(array, device, None, Layout("gaps", gap=4, offset=1, guard=kind))
    whole = np.asarray(whole_buffer(view))
    inside = np.isin(
        np.arange(len(whole)), [GUARD + 1 + 7 * row + column for row in (0, 1) for column in range(3)]
    )
    assert not whole[inside].any()
    guard = np.array(guard_value(dtype, kind), dtype)
    np.testing.assert_array_equal(whole[~inside], np.broadcast_to(guard, (~inside).sum()))


@pytest.mark.parametrize("device", ["numpy", "cpu"])
def test_a_write_beside_a_view_changes_its_buffer(device: str) -> None:
    view = place(np.zeros((2, 3), np.float32), device, None, Layout("guarded"))
    before = whole_buffer(view)
    assert same_bits(before, whole_buffer(view))
    if isinstance(view, np.ndarray):
        np.lib.stride_tricks.as_strided(view, (7,), (4,))[6] = 1.0
    else:
        view.as_strided((7,), (1,), GUARD)[6] = 1.0
    assert not same_bits(before, whole_buffer(view))


def test_bits_are_compared_not_values() -> None:
    nan, other = np.array([np.nan], np.float32), np.array([0xFFC00001], np.uint32).view(np.float32)
    assert same_bits(nan, nan.copy())
    assert not same_bits(nan, other)
    assert not same_bits(np.zeros(1, np.float32), -np.zeros(1, np.float32))
    assert same_bits(torch.tensor([math.nan]), torch.tensor([math.nan]))
    assert not same_bits(torch.tensor([0.0]), torch.tensor([-0.0]))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int32", "int64"])
@pytest.mark.parametrize("kind", ["nan", "large"])
def test_uninitialised_tensors_are_poisoned(kind: str, dtype: str) -> None:
    wanted = getattr(torch, dtype)
    with poisoned(kind, "cpu") as made:
        source = torch.zeros(2, 3, dtype=wanted)
        fresh = (
            torch.empty(2, 3, dtype=wanted),
            torch.empty((2, 3), dtype=wanted),
            torch.empty_like(source),
            source.new_empty(2, 3),
            source.new_empty((2, 3)),
        )
    assert len(made) == len(fresh)
    poison = torch.full((2, 3), guard_value(wanted, kind), dtype=wanted)
    for tensor in fresh:
        assert tensor.shape == (2, 3)
        assert tensor.dtype == wanted
        assert same_bits(tensor, poison)
    assert all(allocation.damaged() == 0 for allocation in made)


@pytest.mark.parametrize("place_", [-1, 6, -GUARD, 5 + GUARD])
@pytest.mark.parametrize("kind", ["nan", "large"])
def test_damage_to_a_guard_zone_is_counted(kind: str, place_: int) -> None:
    with poisoned(kind, "cpu") as made:
        out = torch.empty(2, 3)
    made[0].buffer[GUARD : GUARD + 6] = 0.0
    assert made[0].damaged() == 0
    made[0].buffer[GUARD + place_] = 0.0
    assert made[0].damaged() == 1
    assert out.sum() == 0


@pytest.mark.parametrize("kind", ["nan", "large"])
def test_uninitialised_arrays_are_poisoned(kind: str) -> None:
    with poisoned(kind, "numpy") as made:
        array = np.empty((2, 3), np.float32)
        flags = np.empty(4, bool)
    assert flags.shape == (4,)
    assert same_bits(array, np.full((2, 3), guard_value("float32", kind), np.float32))
    made[0].buffer[GUARD - 1] = 0.0
    assert made[0].damaged() == 1
    assert np.empty((2, 3)).base is None


def test_nothing_stays_patched() -> None:
    before = torch.empty, torch.empty_like, torch.Tensor.new_empty, np.empty
    with poisoned("nan", "cpu"), poisoned("nan", "numpy"):
        pass
    assert (torch.empty, torch.empty_like, torch.Tensor.new_empty, np.empty) == before


def test_what_may_be_written_is_overwritten() -> None:
    array, tensor = np.zeros((2, 2), np.int32), torch.zeros(3)
    assert overwrite(array)
    assert overwrite(tensor)
    assert (array == -7).all()
    assert tensor.isnan().all()
    assert overwrite(torch.zeros(2, dtype=torch.bool))
    array.flags.writeable = False
    assert not overwrite(array)
    assert not overwrite(torch.zeros(1).expand(4))
    assert not overwrite(torch.zeros(0))
