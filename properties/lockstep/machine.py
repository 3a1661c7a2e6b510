"""A Hypothesis state machine that invents a script step by step, each judged beside the model."""

from collections.abc import Callable
from functools import partial

from hypothesis.control import current_build_context
from hypothesis.stateful import RuleBasedStateMachine

from draftproof.properties.lockstep.executor import Executor, find_failure
from draftproof.properties.lockstep.shrinking import Failure, shrink
from draftproof.properties.lockstep.steps import Script, SimplifyScript, Step


class LockstepMachine(RuleBasedStateMachine):
    """Takes steps on an executor; a subclass has a rule for each kind of step.

    Parameters
    ----------
    make
        Makes the executor.
    simplify_script
        Yields simpler scripts, where several steps must be changed at once.
    """

    def __init__(self, make: Callable[[], Executor], simplify_script: SimplifyScript | None = None) -> None:
        super().__init__()
        self.make, self.simplify_script = make, simplify_script
        self.executor = make()
        self.script: Script = []
        self.named = 0
        self.failed = False

    def make_name(self) -> str:
        """Return a new name, by which later steps may refer to one."""
        self.named += 1
        return f"m{self.named}"

    def take(self, step: Step) -> None:
        """Take a step; the assertion says what was wrong and which calls led to it."""
        self.script.append(step)
        finding = self.executor.apply(step)
        if finding is not None:
            self.failed = True
            failure = self._shrink(Failure(self.script, finding, self.executor.recorded.lines))
            raise AssertionError("\n".join((str(failure.finding), *failure.calls)))

    def _shrink(self, failure: Failure) -> Failure:
        """Return what is told in the end: Hypothesis cannot leave out closing steps, and often gets stuck."""
        if not current_build_context().is_final:
            return failure
        return shrink(failure, partial(find_failure, self.make), self.simplify_script)

    def teardown(self) -> None:
        """Take the closing steps; after a failure the object is not asked any more."""
        for step in () if self.failed else self.executor.closing():
            self.take(step)
