"""Faults of history: what a function remembers of earlier calls, and must not."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from draftproof.properties.core.contract import FunctionContract
from draftproof.properties.faults.functions.effects import RAISES, STALE, another
from draftproof.properties.faults.functions.fault import Call, Effect, Fault, Function, Outputs, Where, copied

CALLS = (1, 2, 255, 256)
"""How many calls go right before one that does not: a counter of one bit, or of a byte."""


def history_faults(contract: FunctionContract) -> Iterator[Fault]:
    """Yield what goes wrong in a later call."""
    first = contract.results[0].name
    for calls in CALLS:
        where = Where(f"after every {calls} calls", "history", _every(calls), before=calls)
        yield Fault(where, STALE)
        yield Fault(where, another(0, first))
    other = Where("shapes other than the last call's", "history", _other_shapes, before=1)
    same = Where("the last call's shapes", "history", _same_shapes, before=1)
    refused = Where(
        "after a refused call", "history", lambda call: call.history.refused, before=1, refusal=True
    )
    for where in (other, same, refused):
        yield Fault(where, STALE)
        yield Fault(where, another(0, first))
    for where in (other, refused):
        yield Fault(where, RAISES)
    always = Where("any call", "history", lambda call: True, before=1)
    for effect in (_BY_ADDRESS, _BY_SHAPE, _SAME_BUFFER):
        yield Fault(always, effect)
    yield Fault(Where("two threads", "concurrency", lambda call: True), _WORKSPACE)


def _every(calls: int) -> Callable[[Call], bool]:
    return lambda call: call.history.calls % (calls + 1) == calls


def _other_shapes(call: Call) -> bool:
    return bool(call.history.shapes) and call.history.shapes != call.shapes()


def _same_shapes(call: Call) -> bool:
    return call.history.shapes == call.shapes()


def _remembering(name: str, key: Any) -> Effect:
    """Answer as the first time that the key was the same."""

    def apply(function: Function, call: Call, right: Outputs) -> Outputs:
        kept: Outputs = call.history.kept.setdefault(
            str(key(call)), tuple(copied(output) for output in right)
        )
        if any(a.shape != b.shape for a, b in zip(kept, right, strict=True)):
            return right
        return tuple(copied(output) for output in kept)

    return Effect(name, apply)


def _address(value: Any) -> int | None:
    if value is None:
        return None
    address: int = value.__array_interface__["data"][0] if isinstance(value, np.ndarray) else value.data_ptr()
    return address


_BY_ADDRESS = _remembering(
    "answers kept by address",
    lambda call: ([_address(value) for value in call.arguments.values()], call.shapes(), call.keywords),
)
_BY_SHAPE = _remembering("answers kept by shape", lambda call: (call.shapes(), call.keywords))


def _same_buffer(function: Function, call: Call, right: Outputs) -> Outputs:
    kept: Outputs = call.history.kept.setdefault(str([tuple(output.shape) for output in right]), right)
    for buffer, output in zip(kept, right, strict=True):
        buffer[...] = output
    return kept


_SAME_BUFFER = Effect("every answer in the same buffer", _same_buffer)


def _workspace(function: Function, call: Call, right: Outputs) -> Outputs:
    """Copy the arguments to a workspace that all threads share, and answer from there."""
    workspace = call.history.kept
    workspace["arguments"] = call.arguments
    workspace["keywords"] = call.keywords
    if threading.active_count() > 1:
        time.sleep(1e-4)
    outputs: Outputs = function(**workspace["arguments"], **workspace["keywords"])
    return outputs


_WORKSPACE = Effect("arguments in a workspace that threads share", _workspace)
