"""What the native tree, and the oracle, take as tokens and what they refuse: exactly, in one clear line."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from numpy.ma import MaskedArray

from draftproof.optimized import host
from draftproof.reference import prefix as reference

pytestmark = pytest.mark.skipif(host.unavailable() is not None, reason=str(host.unavailable()))


def unaligned(count: int) -> np.ndarray:
    return np.frombuffer(b"\0" + np.arange(count, dtype=np.int32).tobytes(), np.int32, offset=1)


def viewed(array: Any) -> memoryview:
    return memoryview(array)


class Changing(list[int]):
    """Shows other entries to who looks twice."""

    looks = 0

    def __iter__(self) -> Iterator[Any]:
        self.looks += 1
        return iter([0, 1, 2] if self.looks == 1 else [0, 1.5, 2])


@pytest.mark.parametrize(
    "tokens",
    [
        unaligned(3),
        np.ndarray((3,), np.int32, np.arange(4, dtype=np.int32).tobytes(), 0),
        np.zeros(3, [("skip", "i1"), ("token", "i4")])["token"] + np.arange(3, dtype=np.int32),
        memoryview(b"\0\1\2"),
        viewed(np.arange(3, dtype=np.int32)),
        np.arange(3, dtype=np.int32).view(type("Sub", (np.ndarray,), {})),
        Changing([0, 1, 2]),
    ],
)
def test_tokens_of_every_shape_in_memory_are_taken(tokens: Any) -> None:
    tree = host.RadixTree()
    tree.insert([0, 1, 2, 3], [4, 5, 6, 7])
    assert tree.match(tokens).slots.tolist() == [4, 5, 6]
    if not isinstance(tokens, Changing):
        assert tree.insert(tokens, tokens) == 3


@pytest.mark.parametrize("offset", range(4))
def test_nothing_may_lie_anywhere(offset: int) -> None:
    # As what Python 3.12 makes of no bytes does, and NumPy calls it aligned.
    nothing = np.zeros(8, np.uint8)[offset:offset].view(np.int32)
    tree = host.RadixTree()
    assert tree.insert(nothing, nothing) == 0
    assert tree.match(nothing).slots.tolist() == []
    matched, *_ = tree.match_many(nothing, [0, 0])
    assert len(matched) == 1


def released() -> memoryview:
    view = viewed(np.arange(3, dtype=np.int32))
    view.release()
    return view


def masked(dtype: Any) -> Any:
    return MaskedArray([1, 2], mask=[0, 1], dtype=dtype)  # type: ignore[no-untyped-call]


MASKED = "tokens must be integers without a mask, got a masked array"
REFUSED: list[tuple[Any, type[Exception], str]] = [
    (masked(np.int32), TypeError, MASKED),
    (masked(np.int64), TypeError, MASKED),
    (np.array([2**32 + 8]), ValueError, "each of tokens must fit int32, got 4294967304"),
    ([2**32 + 8], ValueError, "each of tokens must fit int32, got 4294967304"),
    (np.array([2**64 - 1], np.uint64), ValueError, f"each of tokens must fit int32, got {2**64 - 1}"),
    (released(), TypeError, "tokens must be a sequence of ints, got a memoryview that was released"),
    (viewed(np.zeros((2, 2), np.int32)), ValueError, "tokens must have one dimension, got 2"),
    (viewed(np.array(3, np.int32)), ValueError, "tokens must have one dimension, got 0"),
    (torch.arange(3), TypeError, "tokens must be a sequence of ints, got Tensor"),
]  # fmt: skip


@pytest.mark.parametrize(("tokens", "error", "says"), REFUSED, ids=range(len(REFUSED)))
@pytest.mark.parametrize("kind", [host.RadixTree, reference.RadixTree], ids=["host", "reference"])
def test_tokens_that_are_none_are_refused_in_one_line(
    kind: Any, tokens: Any, error: type[Exception], says: str
) -> None:
    tree = kind()
    with pytest.raises(error) as raised:
        tree.match(tokens)
    assert str(raised.value) == f"RadixTree.match: {says}"


@pytest.mark.parametrize(
    ("generation", "error", "says"),
    [
        ("x", TypeError, "must be an int, got str"),
        (None, TypeError, "must be an int, got NoneType"),
        (True, TypeError, "must be an int, got bool"),
        (1.5, TypeError, "must be an int, got float"),
        (-1, ValueError, "must be at least 0, got -1"),
        (99, ValueError, "must be one that this tree gave, got 99"),
        (2**32 + 1, ValueError, f"must be one that this tree gave, got {2**32 + 1}"),
    ],
)
def test_a_generation_that_makes_no_sense(generation: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=f"^RadixTree.changes: generation {says}$"):
        host.RadixTree().changes(generation)
