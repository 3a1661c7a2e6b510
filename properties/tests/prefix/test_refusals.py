"""A refused call says which argument was wrong, and changes nothing."""

import copy
from typing import Any

import numpy as np
import pytest

from draftproof.reference.prefix import PrefixModel, RadixTree

WORDS = 2**31


def tree_of_two_pages() -> RadixTree:
    tree = RadixTree(page_size=2)
    tree.open("b")
    tree.insert([1, 2, 3, 4], [0, 1, 6, 7], priority=3)
    tree.insert([1, 2], [2, 3], namespace="b")
    tree.lock(tree.match([1, 2, 3, 4]).node)
    return tree


Refused = tuple[str, tuple[Any, ...], dict[str, Any], type[Exception], str]

REFUSED: list[Refused] = [
    ("match", ([1],), {"namespace": "c"}, ValueError, "namespace must have been opened, got 'c'"),
    ("match", ([1],), {"namespace": []}, TypeError, "namespace must be hashable, got list"),
    ("match", ([WORDS],), {}, ValueError, "each of tokens must fit int32"),
    ("match", ([-WORDS - 1],), {}, ValueError, "each of tokens must fit int32"),
    ("match", (np.array([WORDS]),), {}, ValueError, "each of tokens must fit int32"),
    ("match", (np.array([[1]]),), {}, ValueError, "tokens must have one dimension, got 2"),
    ("match", ([1.0],), {}, TypeError, "each of tokens must be an int, got float"),
    ("match", ([True],), {}, TypeError, "each of tokens must be an int, got bool"),
    ("match", (np.array([1.0]),), {}, TypeError, "tokens must be integers, got an array of float64"),
    ("match", (np.array([True]),), {}, TypeError, "tokens must be integers, got an array of bool"),
    ("match", ("12",), {}, TypeError, "tokens must be a sequence of ints, got str"),
    ("match", (None,), {}, TypeError, "tokens must be a sequence of ints, got NoneType"),
    ("insert", ([1] * 8, [0] * 7), {}, ValueError, "slots must have 8 entries, one per token, got 7"),
    (
        "insert",
        ([5, 6], [-2, -1]),
        {},
        ValueError,
        "slots must not be negative where they are stored, got -2",
    ),
    ("insert", ([5, 6], [6, 7]), {}, ValueError, "slots must be new to the tree, got 6, which it holds"),
    ("insert", ([5, 6], [2, 3]), {}, ValueError, "slots must be new to the tree, got 2, which it holds"),
    (
        "insert",
        ([5, 6, 5, 6], [8, 9, 8, 9]),
        {},
        ValueError,
        "slots must differ from each other, got 8 twice",
    ),
    ("insert", ([5, 6], [9, 10]), {}, ValueError, "slots of a page must be consecutive from a multiple of 2"),
    ("insert", ([5, 6], [8, 10]), {}, ValueError, "slots of a page must be consecutive from a multiple of 2"),
    ("insert", ([1, 2, 5, 6], [-1, -1, 7, 8]), {}, ValueError, "slots must be new to the tree, got 7"),
    ("insert", ([5, 6], [8.0, 9.0]), {}, TypeError, "each of slots must be an int, got float"),
    ("insert", ([5, 6], [8, WORDS]), {}, ValueError, "each of slots must fit int32"),
    ("insert", ([5, 6], [8, 9]), {"namespace": 3}, ValueError, "namespace must have been opened, got 3"),
    ("insert", ([5, 6], [8, 9]), {"priority": WORDS}, ValueError, "priority must fit int32"),
    ("insert", ([5, 6], [8, 9]), {"priority": 1.5}, TypeError, "priority must be an int, got float"),
    ("evict", (-1,), {}, ValueError, "count must be at least 0, got -1"),
    ("evict", (1.0,), {}, TypeError, "count must be an int, got float"),
    ("evict", (True,), {}, TypeError, "count must be an int, got bool"),
    ("open", ({},), {}, TypeError, "namespace must be hashable, got dict"),
]
ONLY_THE_TREE: list[Refused] = [
    ("lock", (9,), {}, ValueError, "node must be alive, got 9"),
    ("lock", (-1,), {}, ValueError, "node must be alive, got -1"),
    ("lock", (None,), {}, TypeError, "node must be an int, got NoneType"),
    ("lock", (2,), {"epoch": 0}, ValueError, "node must be alive and uncut since epoch 0, got 2"),
    ("unlock", (9,), {}, ValueError, "node must be alive, got 9"),
    ("unlock", (3,), {}, ValueError, "node must be locked, got 3"),
    ("confirm", (9, 0, 3), {}, ValueError, "node must be alive"),
    ("confirm", (2, -2, 3), {}, ValueError, "length must be at least 0, got -2"),
    ("confirm", (2, 1, 3), {}, ValueError, "length must be a multiple of 2, got 1"),
    ("confirm", (2, 6, 3), {}, ValueError, "length must be at most 4, the node's end, got 6"),
    ("confirm", (2, 2, None), {}, TypeError, "epoch must be an int, got NoneType"),
    ("match_many", (np.arange(4), np.array([0, 5])), {}, ValueError, "offsets must ascend from 0"),
    ("match_many", (np.arange(4), np.array([2, 1])), {}, ValueError, "offsets must ascend from 0"),
    ("match_many", (np.arange(4), np.array([-1, 1])), {}, ValueError, "offsets must ascend from 0"),
    (
        "match_many",
        (np.arange(4), np.array([], dtype=np.int64)),
        {},
        ValueError,
        "offsets must ascend from 0",
    ),
    ("match_many", ([1], [0, 1]), {"namespace": 3}, ValueError, "namespace must have been opened"),
]


@pytest.mark.parametrize(("method", "arguments", "options", "error", "says"), REFUSED + ONLY_THE_TREE)
def test_a_refused_call_leaves_the_tree_as_it_was(
    method: str, arguments: tuple[Any, ...], options: dict[str, Any], error: type[Exception], says: str
) -> None:
    tree = tree_of_two_pages()
    before = copy.deepcopy(vars(tree))
    with pytest.raises(error) as raised:
        getattr(tree, method)(*arguments, **options)
    assert str(raised.value).startswith(f"RadixTree.{method}: {says}")
    assert vars(tree) == before


@pytest.mark.parametrize(("method", "arguments", "options", "error", "says"), REFUSED)
def test_the_model_refuses_the_same(
    method: str, arguments: tuple[Any, ...], options: dict[str, Any], error: type[Exception], says: str
) -> None:
    model = PrefixModel(page_size=2)
    model.open("b")
    model.insert([1, 2, 3, 4], [0, 1, 6, 7])
    model.insert([1, 2], [2, 3], namespace="b")
    before = copy.deepcopy(vars(model))
    with pytest.raises(error) as raised:
        getattr(model, method)(*arguments, **options)
    assert str(raised.value).startswith(f"PrefixModel.{method}: {says}")
    assert vars(model) == before


def test_the_model_refuses_locks_of_what_is_not_there() -> None:
    model = PrefixModel(page_size=2)
    model.insert([1, 2], [0, 1])
    for prefix in ([1, 2, 3, 4], [1, 2, 3], [7, 7]):
        with pytest.raises(ValueError, match=r"PrefixModel\.lock: prefix must be cached in whole pages"):
            model.lock(prefix)
    for prefix in ([], [1, 2]):
        with pytest.raises(ValueError, match=r"PrefixModel\.unlock: prefix must be locked"):
            model.unlock(prefix)
        model.lock(prefix)
        model.unlock(prefix)


@pytest.mark.parametrize("cache", [RadixTree, PrefixModel])
def test_a_tree_that_cannot_be_is_refused(cache: type) -> None:
    with pytest.raises(ValueError, match="page_size must be at least 1, got 0"):
        cache(0)
    with pytest.raises(TypeError, match="page_size must be an int, got float"):
        cache(1.0)
    with pytest.raises(ValueError, match="policy must be one of lru, mru, fifo, lfu, priority, got 'random'"):
        cache(1, "random")


def test_what_is_not_taken_is_not_judged() -> None:
    tree = tree_of_two_pages()
    assert tree.insert([1, 2, 3, 4, 9], [-1, 0, 6, 6, -5]) == 4
    assert tree.insert([], []) == 0
    assert tree.match([]).node == 0
    assert tree.match(range(1, 4)).slots.tolist() == [0, 1]
    assert tree.match(np.array([1, 2], dtype=np.uint8)).slots.tolist() == [0, 1]
