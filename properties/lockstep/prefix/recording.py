"""A prefix tree whose calls are written down, and its answers in words."""

from collections.abc import Callable
from typing import Any

import numpy as np

from draftproof.properties.lockstep.calls import RecordedObject, format_answer
from draftproof.properties.lockstep.judging import judge_array
from draftproof.properties.lockstep.notation import format_value


def record_tree(
    tree_class: Callable[..., Any], page_size: int, policy: str, name: str = "tree"
) -> RecordedObject:
    """Return a new tree of a page size and a policy."""
    return RecordedObject(
        tree_class, (page_size, policy), name=name, type_name="RadixTree", format_answer=format_match
    )


def format_match(answer: Any) -> str:
    """Return slots and node of a match; any other answer as it is."""
    if hasattr(answer, "slots") and hasattr(answer, "node"):
        return f"slots {format_value(answer.slots)}, node {answer.node}"
    return format_answer(answer)


def judge_slots(where: object, expected: np.ndarray, got: Any) -> None:
    """Expect a one-dimensional int32 array with just these slots, in this order."""
    judge_array(where, "slots", expected, got)
