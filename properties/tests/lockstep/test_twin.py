"""A tree beside the oracle: the oracle passes, also under other ids, and every kind of answer is compared."""

from typing import Any

import numpy as np
import pytest

from draftproof import reference
from draftproof.properties.inputs.forms import FORMS, arrange
from draftproof.properties.lockstep.calls import RecordedObject
from draftproof.properties.lockstep.executor import find_failure
from draftproof.properties.lockstep.notation import format_argument
from draftproof.properties.lockstep.prefix.circumstances import CIRCUMSTANCES, write_circumstance
from draftproof.properties.lockstep.prefix.twin import TwinExecutor
from draftproof.properties.lockstep.shrinking import Failure, shrink, without_shrinking


class OtherIds(reference.RadixTree):
    """Never gives an id again."""

    def _add(self, node: Any) -> int:
        self._free.clear()
        number: int = self.__dict__.setdefault("made", 0)
        self.made = number + 1
        self._nodes[number] = node
        return number


@pytest.mark.parametrize("name", sorted(set(CIRCUMSTANCES) - {"depth"}))
@pytest.mark.parametrize("page_size", [1, 3])
def test_other_ids_are_right(name: str, page_size: int) -> None:
    executor = TwinExecutor(OtherIds, reference.RadixTree, page_size, "lfu")
    for step in (*write_circumstance(name, 1, page_size), *executor.closing()):
        finding = executor.apply(step)
        assert finding is None, finding


def wrong(method: str, change: Any) -> type:
    def call(self: Any, *arguments: Any, **keywords: Any) -> Any:
        return change(getattr(reference.RadixTree, method)(self, *arguments, **keywords))

    return type("Wrong", (reference.RadixTree,), {method: call})


@pytest.mark.parametrize(
    ("method", "change"),
    [
        ("match", lambda answer: answer._replace(slots=answer.slots[:-1])),
        ("match", lambda answer: answer._replace(node=answer.node + 1)),
        ("match", lambda answer: None),
        ("confirm", lambda answer: answer._replace(slots=answer.slots[::-1].copy())),
        ("match_many", lambda answer: (answer[0] - 1, answer[1])),
        ("match_many", lambda answer: (answer[0], answer[1] + 1)),
        ("insert", lambda answer: answer + 1),
        ("evict", lambda answer: answer[1:]),
        ("open", lambda answer: float(answer)),
    ],
    ids=("shorter", "another node", "nothing", "backwards", "lengths", "nodes", "more", "less", "a float"),
)
def test_each_answer_is_compared(method: str, change: Any) -> None:
    script = list(write_circumstance("calls", 1, 1))
    failure = find_failure(lambda: TwinExecutor(wrong(method, change), reference.RadixTree), script)
    assert failure is not None
    assert any(f"tree.{method}(" in call for call in failure.calls)


@pytest.mark.parametrize("form", FORMS)
def test_arguments_are_written_as_they_lay(form: str) -> None:
    value = arrange([1, 2, 100], form)
    again = eval(format_argument(value), {"np": np})
    assert type(again) is type(value)
    assert list(again) == [1, 2, 100]
    if isinstance(value, np.ndarray):
        assert (again.dtype, again.strides) == (value.dtype, value.strides)
        assert again.flags.writeable == value.flags.writeable
        assert again.flags.aligned == value.flags.aligned


def test_a_line_says_what_was_given_before_it_was_overwritten() -> None:
    recorded, given = RecordedObject(list, (), name="numbers", type_name="list"), np.arange(2, dtype=np.int32)
    recorded.call("extend", given)
    recorded.overwrite({"given": given, "nothing": ()})
    assert recorded.lines[1:] == [
        "numbers.extend(np.array([0, 1], 'int32'))",
        "# the caller overwrites given",
    ]
    assert given.tolist() == [77, 77]


def test_a_long_script_is_not_tried_without_end() -> None:
    script = list(write_circumstance("calls", 1, 1))
    failure = find_failure(
        lambda: TwinExecutor(wrong("evict", lambda answer: answer[1:]), reference.RadixTree), script
    )
    assert failure is not None
    steps = 0

    def run(script: Any) -> Failure | None:
        nonlocal steps
        steps += len(script)
        return None

    shrink(failure, run)
    assert 0 < steps <= 40_000
    steps = 0
    with without_shrinking():
        assert shrink(failure, run) is failure
    assert steps == 0
