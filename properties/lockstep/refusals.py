"""Calls that must be refused: each raises, names the method and the argument, and changes nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

from draftproof.properties.lockstep.calls import RaisedError, RecordedObject
from draftproof.properties.lockstep.executor import Executor, find_failure
from draftproof.properties.lockstep.judging import MismatchError
from draftproof.properties.lockstep.shrinking import Failure
from draftproof.properties.lockstep.steps import Step


@dataclass(frozen=True, slots=True)
class Bad(Step):
    """A call that must be refused and change nothing; its details follow from a number.

    The executor's table of refusals says, by kind, which call that is.
    """

    kind: str
    number: int = 0

    def __str__(self) -> str:
        return f"bad call: {self.kind} ({self.number})"


class Refusal(NamedTuple):
    """One call and how it must be refused."""

    method: str
    argument: str
    """The argument that the message must name."""
    arguments: tuple[Any, ...]
    keywords: Mapping[str, Any] = MappingProxyType({})
    error: type[Exception] | tuple[type[Exception], ...] = ValueError


def expect_refusal(recorded: RecordedObject, refusal: Refusal) -> None:
    """Make a bad call and raise MismatchError unless it is refused as it must be.

    That it changed nothing is for the executor to see: it judges the state after every step.
    """
    try:
        recorded.call(refusal.method, *refusal.arguments, **refusal.keywords)
    except RaisedError as raised:
        kinds = refusal.error if isinstance(refusal.error, tuple) else (refusal.error,)
        expected = " or ".join(kind.__name__ for kind in kinds)
        if not isinstance(raised.error, kinds):
            raise MismatchError(raised.line, expected, raised.describe(raised.error)) from raised
        if refusal.method not in str(raised.error) or refusal.argument not in str(raised.error):
            wanted = f"an error that names {refusal.method} and {refusal.argument}"
            raise MismatchError(raised.line, wanted, str(raised.error)) from raised
        return
    raise MismatchError(recorded.last, "an error", "none")


def needs_bad_calls(failure: Failure, make: Callable[[], Executor]) -> bool:
    """Whether the script passes once its bad calls are left out: then they are what is wrong."""
    good = [step for step in failure.script if not isinstance(step, Bad)]
    return find_failure(make, good) is None
