"""The state machine: right trees pass it, a broken one is found and shortened."""

import subprocess
import sys

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.errors import InvalidArgument
from hypothesis.stateful import run_state_machine_as_test

from draftproof import reference
from draftproof.optimized import host
from draftproof.properties.strategies.tree_machine import make_machine

SHORT = settings(
    max_examples=12, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)


@pytest.mark.parametrize(
    ("page_size", "policy"), [(1, "lru"), (2, "mru"), (3, "fifo"), (4, "lfu"), (16, "priority"), (64, "lru")]
)
@pytest.mark.parametrize("tree", ["reference", "host"])
def test_a_right_tree_passes(tree: str, page_size: int, policy: str) -> None:
    if tree == "host" and host.unavailable():
        pytest.skip(f"the native tree: {host.unavailable()}")
    tree_class = reference.RadixTree if tree == "reference" else host.RadixTree
    run_state_machine_as_test(make_machine(tree_class, page_size, policy), settings=SHORT)


BROKEN = """
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from draftproof.properties.mutants.radix_tree import split_repeats_slots
from draftproof.properties.strategies.tree_machine import make_machine

look = settings(
    max_examples=200,
    stateful_step_count=12,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
    print_blob=False,
)
try:
    run_state_machine_as_test(make_machine(split_repeats_slots.RadixTree), settings=look)
except AssertionError as failure:
    print("FOUND", failure, sep="\\n")
"""


def test_a_broken_tree_is_found_and_shown_in_a_few_calls() -> None:
    # In a process of its own: what Hypothesis tries first depends on what else was imported.
    done = subprocess.run([sys.executable, "-c", BROKEN], capture_output=True, text=True, check=True)
    finding, tree, *calls = done.stdout.partition("FOUND\n")[2].splitlines()
    assert "expected" in finding
    assert tree == "tree = RadixTree(1, 'lru')"
    assert 3 <= len(calls) <= 5


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(
        InvalidArgument, match="make_machine: page_size must be an integer of at least 1, got 0"
    ):
        make_machine(reference.RadixTree, 0)
