"""What is written can be pasted: it is the value again."""

from typing import Any

import numpy as np
import pytest

from draftproof.properties.lockstep.calls import RaisedError, RecordedObject
from draftproof.properties.lockstep.notation import format_numbers, format_value


@pytest.mark.parametrize(
    "numbers",
    [
        [],
        [1, 2],
        [0] * 63 + [5],
        [5] + [0] * 63,
        list(range(64)),
        [1, 1, 2] * 9,
        [7, *[2] * 9, 3],
        [0.5] * 9 + [1.0],
        [True] * 9,
        [float(number) for number in range(20)],
    ],
)
def test_numbers_are_what_they_were(numbers: list[float]) -> None:
    again = eval(format_numbers(numbers))
    assert again == numbers
    assert list(map(type, again)) == list(map(type, numbers))


@pytest.mark.parametrize(
    "array", [np.ones(64), np.arange(40), np.eye(3, dtype=np.float32), np.zeros(20, np.bool_)]
)
def test_arrays_are_what_they_were(array: np.ndarray) -> None:
    again = eval(format_value(array), {"np": np})
    assert again.dtype == array.dtype
    assert np.array_equal(again, array)


@pytest.mark.parametrize("value", [None, "a name" * 20, 1.5, (1, 2), [1, "a"], {"a": [1]}])
def test_other_values_are_what_they_were(value: Any) -> None:
    assert eval(format_value(value)) == value


def test_calls_are_written_with_their_answers() -> None:
    recorded = RecordedObject(list, ([3, 1],), name="numbers", type_name="list")
    assert recorded.call("count", 3) == 1
    recorded.call("sort", reverse=True)
    with pytest.raises(RaisedError, match=r"numbers\.index\(9\): ValueError: 9 is not in list"):
        recorded.call("index", 9)
    assert recorded.lines == [
        "numbers = list([3, 1])",
        "numbers.count(3)  # 1",
        "numbers.sort(reverse=True)",
        "numbers.index(9)  # ValueError",
    ]


def test_an_object_that_cannot_be_made_says_so() -> None:
    with pytest.raises(RaisedError, match=r"numbers = list\(1\): TypeError"):
        RecordedObject(list, (1,), name="numbers", type_name="list")
    recorded = RecordedObject(list, (), name="numbers", type_name="list")
    with pytest.raises(RaisedError, match=r"numbers\.length: AttributeError"):
        recorded.read("length")
