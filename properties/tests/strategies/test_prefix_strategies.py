"""What the strategies for prefix trees draw."""

import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from draftproof import reference
from draftproof.properties.lockstep.prefix.executor import TreeExecutor
from draftproof.properties.lockstep.prefix.steps import Open, Tokens
from draftproof.properties.lockstep.refusals import Bad
from draftproof.properties.lockstep.steps import Script, Step
from draftproof.properties.strategies import token_sequences, tree_scripts

LOOK = settings(max_examples=5_000, database=None, derandomize=True, deadline=None)


@given(st.data(), st.sampled_from((1, 2, 3, 16, 64)))
def test_sequences_are_int32_and_as_long_as_asked(data: st.DataObject, page_size: int) -> None:
    tokens = data.draw(token_sequences(page_size, pages=3))
    assert len(tokens) < 4 * page_size
    assert all(-(2**31) <= token < 2**31 for token in tokens)


@pytest.mark.parametrize("page_size", [2, 16])
def test_sequences_part_inside_a_page(page_size: int) -> None:
    def parts_inside(pair: tuple[Tokens, Tokens]) -> bool:
        first, second = pair
        whole = min(len(first), len(second)) >= page_size
        return whole and first[0] == second[0] and first[page_size - 1] != second[page_size - 1]

    sequences = token_sequences(page_size)
    assert find(st.tuples(sequences, sequences), parts_inside, settings=LOOK)


@given(tree_scripts(3, steps=12, hostile=True))
def test_the_oracle_takes_every_script(steps: Script) -> None:
    executor = TreeExecutor(reference.RadixTree, 3)
    for step in steps:
        assert executor.apply(step) is None
    for step in executor.closing():
        assert executor.apply(step) is None


@pytest.mark.parametrize("kind", [Open, Bad])
def test_scripts_reach(kind: type[Step]) -> None:
    def has(steps: Script) -> bool:
        return any(isinstance(step, kind) for step in steps)

    assert find(tree_scripts(hostile=True), has, settings=LOOK)


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(InvalidArgument, match="token_sequences: page_size must be an integer of at least 1"):
        token_sequences(0)
    with pytest.raises(InvalidArgument, match="tree_scripts: tokens must be one of small, wide, deep"):
        tree_scripts(tokens="long")
