"""Takes a script's steps on an object and on a model of it, and judges every answer."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

from draftproof.properties.core.verdict import Finding, Verdict
from draftproof.properties.lockstep.calls import RaisedError, RecordedObject
from draftproof.properties.lockstep.judging import MismatchError
from draftproof.properties.lockstep.shrinking import Failure
from draftproof.properties.lockstep.steps import Script, Step


class Executor(ABC):
    """An object under judgement beside its model, driven step by step.

    A subclass keeps the model, and says how each kind of step is taken on both.

    Attributes
    ----------
    recorded
        The object, with what was called.
    judged
        How many answers and figures were compared.
    """

    def __init__(self, recorded: RecordedObject) -> None:
        self.recorded = recorded
        self.judged = 0

    @abstractmethod
    def take(self, step: Step) -> None:
        """Take a step on the object and on the model; raise MismatchError if they differ.

        A step that refers to what is not there is passed over.
        """

    @abstractmethod
    def judge_state(self) -> int:
        """Compare what can be read of the object with the model, and return how much was compared.

        Raises MismatchError if they differ.
        """

    def closing(self) -> Sequence[Step]:
        """Return steps that end a script: they ask for what it should have left behind."""
        return ()

    def apply(self, step: Step) -> Finding | None:
        """Take one step; return what was wrong with an answer or with the state after it."""
        try:
            self.take(step)
            compared = self.judge_state()
        except (MismatchError, RaisedError) as error:
            return describe_failure(error)
        self.judged += 1 + compared
        return None


def describe_failure(error: MismatchError | RaisedError) -> Finding:
    """Return the finding: an answer that differs, or an error where an answer was expected."""
    if isinstance(error, MismatchError):
        return error.finding
    return Finding(error.line, "an answer", error.describe(error.error))


def find_failure(
    make: Callable[[], Executor],
    script: Sequence[Step],
    *,
    close: bool = False,
    verdict: Verdict | None = None,
) -> Failure | None:
    """Take the steps one by one on a new object; return the first that shows something wrong, or None.

    With ``close`` the executor's closing steps follow. ``verdict`` counts what was judged.
    """
    try:
        executor = make()
    except RaisedError as raised:
        return Failure([], Finding(raised.line, "an object", str(raised.error)), [raised.line])
    taken: Script = []
    finding = _take_all(executor, script, taken)
    if close and finding is None:
        finding = _take_all(executor, executor.closing(), taken)
    if verdict is not None:
        verdict.decisions += executor.judged
    return None if finding is None else Failure(taken, finding, executor.recorded.lines)


def _take_all(executor: Executor, steps: Sequence[Step], taken: Script) -> Finding | None:
    for step in steps:
        taken.append(step)
        finding = executor.apply(step)
        if finding is not None:
            return finding
    return None
