"""A Hypothesis state machine that invents a script step by step, each judged beside the model."""

from hypothesis.stateful import RuleBasedStateMachine

from draftproof.properties.lockstep.executor import Executor
from draftproof.properties.lockstep.steps import Step


class LockstepMachine(RuleBasedStateMachine):
    """Takes steps on an executor; a subclass has a rule for each kind of step, and makes the executor."""

    def __init__(self, executor: Executor) -> None:
        super().__init__()
        self.executor = executor
        self.named = 0
        self.failed = False

    def make_name(self) -> str:
        """Return a new name, by which later steps may refer to one."""
        self.named += 1
        return f"m{self.named}"

    def take(self, step: Step) -> None:
        """Take a step; the assertion says what was wrong and which calls led to it."""
        finding = self.executor.apply(step)
        if finding is not None:
            self.failed = True
            raise AssertionError("\n".join((str(finding), *self.executor.recorded.lines)))

    def teardown(self) -> None:
        """Take the closing steps; after a failure the object is not asked any more."""
        for step in () if self.failed else self.executor.closing():
            self.take(step)
