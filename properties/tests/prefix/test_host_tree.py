"""The native host tree beside the oracle: same answers and errors, little memory, a mirror that follows."""

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from draftproof.optimized import host
from draftproof.optimized.flat_tree import FlatTree
from draftproof.reference import prefix as reference
from draftproof.reference.prefix.fill_block_tables import fill_block_tables
from draftproof.reference.prefix.match_prefixes import match_prefixes

POLICIES = ("lru", "mru", "fifo", "lfu", "priority")
FIGURES = ("epoch", "cached", "locked", "evictable", "nodes")

pytestmark = pytest.mark.skipif(host.unavailable() is not None, reason=str(host.unavailable()))


class Pool:
    """Free pages, handed out in order or scattered."""

    def __init__(self, pages: int, page_size: int, draw: random.Random) -> None:
        self.free, self.page_size, self.draw = list(range(pages)), page_size, draw

    def take(self, length: int) -> np.ndarray | None:
        """Return slots for ``length`` tokens, those of a partial page included, or None."""
        wanted = -(-length // self.page_size)
        if wanted > len(self.free):
            return None
        if self.draw.random() < 0.5:
            self.draw.shuffle(self.free)
        pages = np.array(self.free[len(self.free) - wanted :], np.int64)
        slots = pages[:, None] * self.page_size + np.arange(self.page_size)
        return slots.reshape(-1)[:length].astype(np.int32)

    def used(self, slots: np.ndarray) -> None:
        """Note that the tree took these."""
        self.free = [page for page in self.free if page not in set((slots // self.page_size).tolist())]

    def freed(self, slots: np.ndarray) -> None:
        """Take back what the tree let go."""
        self.free += sorted({slot // self.page_size for slot in slots.tolist()})


class Both:
    """The oracle and the native tree, called alike; node ids may differ, so each has its own."""

    def __init__(self, page_size: int, policy: str) -> None:
        self.trees = (reference.RadixTree(page_size, policy), host.RadixTree(page_size, policy))
        self.seen: list[tuple[tuple[int, int], int, int]] = []

    def call(self, act: Callable[[Any, int], Any]) -> Any:
        """Call both, expect the same outcome and figures; return the answer, or None for an error."""
        outcomes: list[tuple[str, Any]] = []
        for side, tree in enumerate(self.trees):
            try:
                outcomes.append(("", act(tree, side)))
            except (ValueError, TypeError) as error:
                outcomes.append((type(error).__name__, None))
        (raised, expected), (other, got) = outcomes
        assert raised == other
        for figure in FIGURES:
            assert getattr(self.trees[0], figure) == getattr(self.trees[1], figure), figure
        if isinstance(expected, tuple):
            assert np.array_equal(expected[0], got[0])
            assert got[0].dtype == np.int32
            self._see(expected, got)
        else:
            assert np.array_equal(expected, got)
        return None if raised else got

    def _see(self, expected: Any, got: Any) -> None:
        epoch = self.trees[0].epoch
        if isinstance(got, host.Match):
            self.seen.append(((expected.node, got.node), len(got.slots), epoch))
        else:
            ids = zip(*(side[1].tolist() for side in (expected, got)), strict=True)
            self.seen += [(pair, length, epoch) for pair, length in zip(ids, got[0].tolist(), strict=True)]


def request(draw: random.Random, vocabulary: int, most: int) -> np.ndarray:
    return np.array([draw.randrange(vocabulary) for _ in range(draw.randrange(most))], np.int32)


def insert(both: Both, pool: Pool, draw: random.Random, tokens: np.ndarray, namespace: str | None) -> None:
    slots, priority = pool.take(len(tokens)), draw.randrange(-2, 3)
    if slots is None:
        pool.freed(both.call(lambda tree, _: tree.evict(len(tokens))))
        return
    if len(slots) and draw.random() < 0.1:
        slots[draw.randrange(len(slots))] = draw.choice([-1, slots[0], 2**31 - 1])
    present = both.call(lambda tree, _: tree.insert(tokens, slots, namespace=namespace, priority=priority))
    if present is not None:
        pool.used(slots[present : len(slots) // pool.page_size * pool.page_size])


def hold(both: Both, pool: Pool, draw: random.Random) -> None:
    nodes, length, epoch = draw.choice(both.seen[-12:])
    act, seen = draw.choice(["lock", "unlock", "confirm"]), draw.choice([None, epoch])
    if act == "lock":
        both.call(lambda tree, side: tree.lock(nodes[side], epoch=seen))
    elif act == "unlock":
        both.call(lambda tree, side: tree.unlock(nodes[side]))
    else:
        shorter = draw.choice([length, 0, length // 2 // pool.page_size * pool.page_size])
        both.call(lambda tree, side: tree.confirm(nodes[side], shorter, epoch))


def step(both: Both, pool: Pool, draw: random.Random, vocabulary: int, most: int) -> None:
    tokens, namespace = request(draw, vocabulary, most), draw.choice([None, "a", "b"])
    act = draw.choice(["match", "insert", "insert", "evict", "hold", "hold", "open", "many"])
    if act == "match":
        both.call(lambda tree, _: tree.match(tokens, namespace=namespace))
    elif act == "insert":
        insert(both, pool, draw, tokens, namespace)
    elif act == "evict":
        count = draw.choice([0, 1, 7, most])
        pool.freed(both.call(lambda tree, _: tree.evict(count)))
    elif act == "open":
        both.call(lambda tree, _: tree.open("a"))
    elif act == "many":
        requests = [request(draw, vocabulary, most) for _ in range(4)]
        offsets = np.cumsum([0, *map(len, requests)])
        both.call(lambda tree, _: tree.match_many(np.concatenate(requests), offsets, namespace=namespace))
    elif both.seen:
        hold(both, pool, draw)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("page_size", [1, 3, 16])
def test_it_answers_as_the_oracle_does(page_size: int, policy: str) -> None:
    for seed in range(6):
        draw = random.Random(f"{page_size} {policy} {seed}")
        both = Both(page_size, policy)
        pool = Pool(draw.choice([8, 40, 200]), page_size, draw)
        vocabulary, most = draw.choice([2, 3, 50]), page_size * draw.choice([8, 40])
        for _ in range(120):
            step(both, pool, draw, vocabulary, most)


def churned(
    policy: str, page_size: int, longest: int, capacity: int, rounds: int
) -> tuple[host.RadixTree, int]:
    """Return a tree that was full for a while, and the most nodes that it had."""
    rng = np.random.default_rng(longest)
    tree, free, most = host.RadixTree(page_size, policy), np.arange(capacity // page_size), 0
    earlier: list[np.ndarray] = []
    for _ in range(rounds):
        fresh = rng.integers(0, 100_000, int(rng.integers(1, longest)), np.int32)
        base = earlier[int(rng.integers(len(earlier)))] if earlier else fresh
        tokens = np.concatenate([base[: int(rng.integers(0, len(base) + 1))], fresh])[: 4 * longest]
        tokens = tokens[: len(tokens) // page_size * page_size]
        matched = len(tree.match(tokens).slots)
        wanted = (len(tokens) - matched) // page_size
        if wanted > len(free):
            freed = tree.evict((wanted - len(free)) * page_size)
            free = np.concatenate([free, freed[::page_size] // page_size])
            matched = len(tree.match(tokens).slots)
            wanted = (len(tokens) - matched) // page_size
        if wanted > len(free):
            continue
        pages, free = free[:wanted], free[wanted:]
        new = (pages[:, None] * page_size + np.arange(page_size)).reshape(-1)
        tree.insert(tokens, np.concatenate([np.zeros(matched, np.int64), new]))
        earlier = [*earlier[-50:], tokens]
        most = max(most, tree.nodes)
    return tree, most


@pytest.mark.parametrize(("page_size", "longest"), [(1, 4), (1, 300), (16, 300)])
@pytest.mark.parametrize("policy", ["lru", "lfu"])
def test_memory_stays_within_its_budget_under_churn(policy: str, page_size: int, longest: int) -> None:
    capacity, rounds = 200 * longest // page_size * page_size, 3000
    tree, most = churned(policy, page_size, longest, capacity, rounds)
    assert tree.cached > 0.8 * capacity
    assert tree.nbytes <= 8.5 * tree.cached + 64 * most + 8192


def test_a_filled_tree_of_one_token_edges_stays_within_its_budget() -> None:
    for policy in POLICIES:
        tree = host.RadixTree(policy=policy)
        for token in range(20_000):
            tree.insert([token], [token])
        assert tree.nodes == 20_001
        assert tree.nbytes <= 8.5 * tree.cached + 64 * tree.nodes + 8192


BAD: list[tuple[str, tuple[Any, ...], dict[str, Any], type[Exception], str]] = [
    ("match", ([1.5],), {}, TypeError, "each of tokens must be an int, got float"),
    ("match", (np.array([True]),), {}, TypeError, "tokens must be integers, got an array of bool"),
    ("match", (np.array([[1]]),), {}, ValueError, "tokens must have one dimension, got 2"),
    ("match", ([2**31],), {}, ValueError, "each of tokens must fit int32, got 2147483648"),
    ("match", ([1],), {"namespace": "c"}, ValueError, "namespace must have been opened, got 'c'"),
    ("match", ([1],), {"namespace": []}, TypeError, "namespace must be hashable, got list"),
    ("match_many", ([1, 2], [0, 3]), {}, ValueError, "offsets must ascend from 0 or more to at most 2"),
    ("insert", ([1] * 8, [0] * 7), {}, ValueError, "slots must have 8 entries, one per token, got 7"),
    ("insert", ([5, 6], [-2, -1]), {}, ValueError, "slots must not be negative"),
    ("insert", ([5, 6], [0, 1]), {}, ValueError, "slots must be new to the tree"),
    ("insert", ([5, 6, 7, 8], [8, 9, 8, 9]), {}, ValueError, "slots must be new to the tree"),
    ("insert", ([5, 6], [9, 10]), {}, ValueError, "slots of a page must be consecutive"),
    ("insert", ([5, 6], [8, 9]), {"priority": 2**31}, ValueError, "priority must fit int32"),
    ("insert", ([5, 6], [8, 9]), {"priority": True}, TypeError, "priority must be an int, got bool"),
    ("evict", (-1,), {}, ValueError, "count must be at least 0, got -1"),
    ("evict", (1.0,), {}, TypeError, "count must be an int, got float"),
    ("lock", (99,), {}, ValueError, "node must be one of the tree, got 99"),
    ("lock", (99,), {"epoch": 1}, host.StaleMatchError, "node must be the one it was"),
    ("unlock", (0,), {}, ValueError, "node must be locked, got 0"),
    ("unlock", (2**80,), {}, ValueError, "node must be one of the tree"),
    ("confirm", (1, 1, 5), {}, ValueError, "length must be a multiple of 2, got 1"),
    ("confirm", (1, 6, 5), {}, ValueError, "length must be at most the end of node 1, got 6"),
    ("confirm", (1, 2, 0), {}, host.StaleMatchError, "node must be the one it was at epoch 0"),
]


@pytest.mark.parametrize(("method", "positional", "named", "error", "words"), BAD)
def test_a_bad_call_says_what_is_wrong_and_changes_nothing(
    method: str, positional: tuple[Any, ...], named: dict[str, Any], error: type[Exception], words: str
) -> None:
    tree = host.RadixTree(page_size=2)
    tree.insert([1, 2, 3, 4], [0, 1, 6, 7])
    before = [getattr(tree, figure) for figure in FIGURES]
    with pytest.raises(error) as raised:
        getattr(tree, method)(*positional, **named)
    assert str(raised.value).startswith(f"RadixTree.{method}: ")
    assert words in str(raised.value)
    assert [getattr(tree, figure) for figure in FIGURES] == before
    assert tree.match([1, 2, 3, 4]).slots.tolist() == [0, 1, 6, 7]


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"page_size": 0}, ValueError, "RadixTree: page_size must be at least 1, got 0"),
        ({"page_size": 2.0}, TypeError, "RadixTree: page_size must be an int, got float"),
        ({"policy": "best"}, ValueError, "RadixTree: policy must be one of lru, mru, fifo, lfu, priority"),
    ],
)
def test_a_tree_that_makes_no_sense(given: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        host.RadixTree(**given)


def test_arrays_of_any_integer_type_and_stride_are_taken() -> None:
    tree = host.RadixTree()
    tree.insert(np.arange(10, dtype=np.uint8)[::2], list(range(5)))
    for tokens in (np.array([0, 2, 4], ">i4"), [0, 2, 4], (0, 2, 4), np.arange(6, dtype=np.int64)[::2]):
        assert tree.match(tokens).slots.tolist() == [0, 1, 2]


def flat_matches(flat: FlatTree, root: int, tokens: np.ndarray, offsets: np.ndarray, page_size: int) -> Any:
    roots = np.full(len(offsets) - 1, root, np.int32)
    arrays = [tensor.numpy() for tensor in (flat.table, flat.nodes, flat.edges)]
    return match_prefixes(tokens, offsets.astype(np.int64), roots, *arrays, page_size=page_size)


@pytest.mark.parametrize("page_size", [1, 4])
def test_the_mirror_matches_as_the_tree_does(page_size: int) -> None:
    draw = random.Random(page_size)
    tree, pool = host.RadixTree(page_size), Pool(400, page_size, draw)
    other, flat = tree.open("other"), FlatTree(tree)
    for _ in range(40):
        for _ in range(draw.randrange(1, 10)):
            tokens, namespace = request(draw, 2, 30 * page_size), draw.choice([None, "other"])
            slots = pool.take(len(tokens))
            if slots is None or draw.random() < 0.2:
                pool.freed(tree.evict(40))
                continue
            present = tree.insert(tokens, slots, namespace=namespace)
            pool.used(slots[present : len(slots) // page_size * page_size])
        flat.update()
        assert flat.epoch == tree.epoch
        requests = [request(draw, 2, 30 * page_size) for _ in range(6)]
        tokens, offsets = np.concatenate(requests), np.cumsum([0, *map(len, requests)])
        for namespace, root in ((None, 0), ("other", other)):
            found = flat_matches(flat, root, tokens, offsets, page_size)
            lengths, nodes = tree.match_many(tokens, offsets, namespace=namespace)
            assert not found.status.any()
            assert (found.lengths == lengths).all()
            assert (found.nodes == nodes).all()
            tables = fill_block_tables(
                nodes, lengths, flat.nodes.numpy(), flat.slots.numpy(), page_size=page_size, width=30
            )
            for row, asked in zip(tables.tables, requests, strict=True):
                pages = tree.match(asked, namespace=namespace).slots[::page_size] // page_size
                assert row[: len(pages)].tolist() == pages.tolist()
        if draw.random() < 0.5:
            flat.update()


def test_the_mirror_copies_what_changed_and_no_more() -> None:
    tree = host.RadixTree()
    rng = np.random.default_rng(0)
    slots = np.arange(400_000, dtype=np.int32)
    for first in range(0, 400_000, 1000):
        tree.insert(rng.integers(0, 9_000, 1000, np.int32), slots[first : first + 1000])
    flat = FlatTree(tree, torch.device("cpu"))
    assert flat.update() == 0
    tree.evict(1000)
    tree.insert(rng.integers(0, 9_000, 1000, np.int32), slots[:1000])
    assert flat.update() < 40_000
    tree.match(rng.integers(0, 9_000, 1000, np.int32))
    assert flat.update() < 10_000
