"""Scripts of prefix trees: each follows from its case, any part of one is one, and its steps get simpler."""

from dataclasses import replace

import pytest

from draftproof import reference
from draftproof.properties.core.case import Case
from draftproof.properties.lockstep.prefix.executor import TreeExecutor
from draftproof.properties.lockstep.prefix.script import write_script
from draftproof.properties.lockstep.prefix.simplification import simplify_script
from draftproof.properties.lockstep.prefix.steps import Begin, Evict, Fork, Insert, Match, Release
from draftproof.properties.lockstep.steps import Step

CASE = Case("RadixTree", {"P": 2, "steps": 40}, "int32", {"policy": "lru", "tokens": "small"}, seed=1)


def test_a_script_follows_from_its_case() -> None:
    hostile = replace(CASE, flags=frozenset({"bad_calls", "namespaces"}))
    assert write_script(hostile) == write_script(Case.parse(str(hostile)))
    assert write_script(hostile) != write_script(replace(hostile, seed=2))
    assert all(len(str(step).splitlines()) == 1 for step in write_script(hostile))


def test_any_part_of_a_script_is_a_script() -> None:
    steps = write_script(replace(CASE, flags=frozenset({"bad_calls", "namespaces"})))
    for start in range(len(steps)):
        executor = TreeExecutor(reference.RadixTree, 2)
        assert all(executor.apply(step) is None for step in steps[start::2])


@pytest.mark.parametrize(
    ("step", "first"),
    [
        (Insert((1, 2, 3, 4), "a", 2), Insert((1, 2), "a", 2)),
        (Insert((), priority=2), Insert(())),
        (Match("m", (7,)), Match("m", ())),
        (Begin("r", (1, 2)), Match("r", (1, 2))),
        (Fork("r", "of", (1, 2)), Fork("r", "of", (1,))),
        (Evict(8), Evict(1)),
    ],
)
def test_a_step_says_what_is_simpler(step: Step, first: Step) -> None:
    simpler = list(step.simplify())
    assert simpler[0] == first
    assert all(other.size <= step.size for other in simpler)
    assert not list(Release("r").simplify())


def test_namespaces_and_shared_beginnings_are_left_out_everywhere_at_once() -> None:
    script: list[Step] = [Insert((5, 6, 7), "a"), Evict(1), Match("m", (5, 6, 8), "b")]
    without, *shorter = simplify_script(script)
    assert without == [Insert((5, 6, 7)), Evict(1), Match("m", (5, 6, 8))]
    assert shorter[0] == [Insert((7,), "a"), Evict(1), Match("m", (8,), "b")]
