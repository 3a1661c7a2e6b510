"""A counter in lockstep, with the general part alone: a wrong one is found, and shown in the fewest calls."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from draftproof.properties.core.verdict import Verdict
from draftproof.properties.lockstep.calls import RecordedObject
from draftproof.properties.lockstep.comparisons import Instances, run_comparison
from draftproof.properties.lockstep.executor import Executor, find_failure
from draftproof.properties.lockstep.judging import judge_value
from draftproof.properties.lockstep.machine import LockstepMachine
from draftproof.properties.lockstep.refusals import Bad, Refusal, expect_refusal, needs_bad_calls
from draftproof.properties.lockstep.shrinking import Failure, shrink
from draftproof.properties.lockstep.steps import Script, Step, lower

LIMIT = 10


class Counter:
    """Counts up to a limit."""

    def __init__(self, limit: int) -> None:
        self.limit, self.value = limit, 0

    def add(self, amount: int) -> int:
        if amount < 0:
            raise ValueError(f"Counter.add: amount must be at least 0, got {amount}")
        self.value = self.sum(amount)
        return self.value

    def sum(self, amount: int) -> int:
        return min(self.value + amount, self.limit)


class Overshooting(Counter):
    """Looks at the limit before it adds, not after."""

    def sum(self, amount: int) -> int:
        return self.value + amount if self.value < self.limit else self.limit


class Forgetful(Counter):
    """Starts anew when it refuses."""

    def add(self, amount: int) -> int:
        self.value *= amount >= 0
        return super().add(amount)


@dataclass(frozen=True, slots=True)
class Add(Step):
    amount: int

    def __str__(self) -> str:
        return f"add {self.amount}"

    @property
    def size(self) -> int:
        return self.amount

    def simplify(self) -> Iterator[Step]:
        yield from (Add(amount) for amount in (*lower(self.amount), self.amount - 1))


class CounterExecutor(Executor):
    """A counter beside an int."""

    def __init__(self, counter_class: type[Counter]) -> None:
        super().__init__(RecordedObject(counter_class, (LIMIT,), name="counter", type_name="Counter"))
        self.value = 0

    def take(self, step: Step) -> None:
        match step:
            case Add(amount):
                self.value = min(self.value + amount, LIMIT)
                answer = self.recorded.call("add", amount)
                judge_value(self.recorded.last, self.value, answer)
            case Bad("negative", number):
                expect_refusal(self.recorded, Refusal("add", "amount", (-1 - number,)))

    def judge_state(self) -> int:
        judge_value("counter.value", self.value, self.recorded.read("value"))
        return 1


SCRIPT: Script = [Add(3), Bad("negative", 5), Add(0), Add(4), Add(12), Bad("negative", 1), Add(2)]


def shortest(counter_class: type[Counter]) -> Failure:
    run = partial(find_failure, partial(CounterExecutor, counter_class))
    failure = run(SCRIPT)
    assert failure is not None
    return shrink(failure, run)


def test_a_right_counter_passes() -> None:
    verdict = Verdict()
    assert find_failure(partial(CounterExecutor, Counter), SCRIPT, verdict=verdict) is None
    assert verdict.decisions == 2 * len(SCRIPT)


def test_a_wrong_counter_is_shown_in_the_fewest_calls() -> None:
    failure = shortest(Overshooting)
    assert failure.script == [Add(LIMIT + 1)]
    assert failure.calls == ["counter = Counter(10)", "counter.add(11)  # 11"]
    assert (failure.finding.expected, failure.finding.got) == ("10", "11")
    counter = Overshooting(LIMIT)
    exec("\n".join(failure.calls), {"Counter": lambda _: counter})
    assert counter.value == LIMIT + 1


def test_a_refused_call_that_changes_something_is_blamed() -> None:
    failure = shortest(Forgetful)
    assert failure.script == [Add(1), Bad("negative", 5)]
    assert failure.calls[-1] == "counter.add(-6)  # ValueError"
    assert needs_bad_calls(failure, partial(CounterExecutor, Forgetful))
    assert not needs_bad_calls(shortest(Overshooting), partial(CounterExecutor, Overshooting))
    assert str(failure.describe()).startswith("counter.value, after\n    counter = Counter(10)\n")


def compare_splits(counters: Instances, script: Script) -> int:
    """Add all at once, and one by one."""
    amounts = [step.amount for step in script if isinstance(step, Add)]
    whole, parts = counters.add("whole"), counters.add("parts")
    whole.call("add", sum(amounts))
    for amount in amounts:
        parts.call("add", amount)
    judge_value("parts.value", whole.read("value"), parts.read("value"))
    return 1


def test_counters_are_compared_with_each_other() -> None:
    def make(counter_class: type[Counter], name: str) -> RecordedObject:
        return RecordedObject(counter_class, (LIMIT,), name=name, type_name="Counter")

    assert run_comparison(compare_splits, partial(make, Counter))(SCRIPT) is None
    run = run_comparison(compare_splits, partial(make, Overshooting))
    failure = run(SCRIPT)
    assert failure is not None
    assert shrink(failure, run).calls == [
        "whole = Counter(10)",
        "whole.add(11)  # 11",
        "parts = Counter(10)",
        "parts.add(10)  # 10",
        "parts.add(1)  # 10",
    ]


def test_hypothesis_finds_it_too() -> None:
    class CounterMachine(LockstepMachine):
        def __init__(self) -> None:
            super().__init__(partial(CounterExecutor, Overshooting))

        @rule(amount=st.integers(0, 5))
        def add(self, amount: int) -> None:
            self.take(Add(amount))

    look = settings(deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    with pytest.raises(
        AssertionError, match=r"expected 10, got 1[1-4]\ncounter = Counter\(10\)\ncounter\.add"
    ):
        run_state_machine_as_test(CounterMachine, settings=look)
