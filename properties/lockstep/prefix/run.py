"""Runs a whole script beside the model."""

from collections.abc import Callable, Sequence
from typing import Any

from draftproof.properties.core.verdict import Finding, Verdict
from draftproof.properties.lockstep.prefix.calls import RaisedError
from draftproof.properties.lockstep.prefix.executor import Executor
from draftproof.properties.lockstep.prefix.shrink import Failure
from draftproof.properties.lockstep.prefix.steps import Step


def failure(
    tree_class: Callable[..., Any],
    page_size: int,
    policy: str,
    script: Sequence[Step],
    *,
    close: bool = False,
    verdict: Verdict | None = None,
) -> Failure | None:
    """Take the steps one by one; return the first that shows something wrong, or None.

    With ``close`` the executor's closing steps follow. ``verdict`` counts what was judged.
    """
    try:
        executor = Executor(tree_class, page_size, policy)
    except RaisedError as raised:
        return Failure([], Finding(raised.line, "a tree", str(raised.error)), [raised.line])
    taken: list[Step] = []
    found = _first(executor, script, taken)
    if close and found is None:
        found = _first(executor, executor.closing(), taken)
    if verdict is not None:
        verdict.decisions += executor.beside.judged
    return None if found is None else Failure(taken, found, executor.beside.calls.lines)


def _first(executor: Executor, steps: Sequence[Step], taken: list[Step]) -> Finding | None:
    for step in steps:
        taken.append(step)
        found = executor.apply(step)
        if found is not None:
            return found
    return None
