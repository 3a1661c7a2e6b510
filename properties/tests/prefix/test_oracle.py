"""The radix tree against its model, by random scripts; the cost model; what an epoch sees."""

import itertools
import random

import numpy as np
import pytest

from draftproof.reference.prefix import POLICIES, PrefixModel, RadixTree, SlotPool, StaleMatchError

NAMESPACES = (None, "adapter")


class Pair:
    """A tree and its model, called alike."""

    def __init__(self, page_size: int, policy: str) -> None:
        self.tree = RadixTree(page_size, policy)
        self.model = PrefixModel(page_size, policy)
        self.pool = SlotPool(2000 // page_size, page_size)
        self.held: list[tuple[int, list[int], object]] = []
        for namespace in NAMESPACES:
            self.tree.open(namespace)
            self.model.open(namespace)

    def insert(self, tokens: list[int], namespace: object, priority: int) -> None:
        slots = self.pool.allocate(len(tokens))
        given = slots[: len(tokens)]
        present = self.tree.insert(tokens, given, namespace=namespace, priority=priority)
        assert present == self.model.insert(tokens, given, namespace=namespace, priority=priority)
        whole = len(tokens) // self.tree.page_size * self.tree.page_size
        self.pool.free(np.concatenate([slots[:present], slots[whole:]]))

    def match(self, tokens: list[int], namespace: object) -> int:
        slots, node = self.tree.match(tokens, namespace=namespace)
        assert slots.tolist() == self.model.match(tokens, namespace=namespace).tolist()
        assert self.tree.prefix(node) == tokens[: len(slots)]
        return node

    def confirm(self, tokens: list[int], namespace: object) -> None:
        lengths, nodes = self.tree.match_many(
            np.array(tokens, dtype=np.int32), np.array([0, len(tokens)]), namespace=namespace
        )
        slots, node = self.tree.confirm(int(nodes[0]), int(lengths[0]), self.tree.epoch)
        assert slots.tolist() == self.model.match(tokens, namespace=namespace).tolist()
        assert self.tree.prefix(node) == tokens[: len(slots)]

    def lock(self, tokens: list[int], namespace: object) -> None:
        node = self.match(tokens, namespace)
        prefix = self.tree.prefix(node)
        self.tree.lock(node)
        self.model.lock(prefix, namespace=namespace)
        self.held.append((node, prefix, namespace))

    def unlock(self, which: int) -> None:
        node, prefix, namespace = self.held.pop(which)
        assert self.tree.prefix(node) == prefix
        self.tree.unlock(node)
        self.model.unlock(prefix, namespace=namespace)

    def evict(self, count: int) -> None:
        page_size = self.tree.page_size
        wanted = min(-(-count // page_size) * page_size, self.tree.evictable)
        freed = self.tree.evict(count)
        assert freed.tolist() == self.model.evict(count).tolist()
        assert len(freed) == wanted
        self.pool.free(freed)

    def check(self) -> None:
        tree, model = self.tree, self.model
        assert (tree.cached, tree.locked, tree.evictable) == (model.cached, model.locked, model.evictable)
        assert self.pool.free_tokens + tree.cached == self.pool.pages * tree.page_size
        slots: list[int] = []
        for id_, node in tree.walk():
            slots += node.slots
            assert len(node.slots) == len(node.edge)
            assert len(node.edge) % tree.page_size == 0
            assert node.born <= tree.epoch
            for first, child in node.children.items():
                below = dict(tree.walk())[child]
                assert below.parent == id_
                assert tuple(below.edge[: tree.page_size]) == first
                assert below.begin == node.end
                assert below.locks <= node.locks
        assert len(set(slots)) == len(slots) == tree.cached


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("page_size", [1, 2, 3, 4, 5])
def test_the_tree_answers_as_its_model(policy: str, page_size: int) -> None:
    for seed in range(6):
        draw = random.Random(seed)
        pair = Pair(page_size, policy)
        for _ in range(100):
            call = draw.choice(
                ("insert", "insert", "insert", "match", "match", "confirm", "lock", "unlock", "evict")
            )
            tokens = [draw.randint(0, 1) for _ in range(draw.randint(0, 6 * page_size))]
            namespace = draw.choice(NAMESPACES)
            if call == "insert":
                pair.insert(tokens, namespace, draw.randint(-1, 1))
            elif call == "evict":
                pair.evict(draw.randint(0, 5 * page_size))
            elif call == "unlock":
                if pair.held:
                    pair.unlock(draw.randrange(len(pair.held)))
            else:
                getattr(pair, call)(tokens, namespace)
            pair.check()


@pytest.mark.parametrize("page_size", [1, 3])
def test_a_match_is_the_longest_prefix_by_brute_force(page_size: int) -> None:
    draw = random.Random(page_size)
    tree = RadixTree(page_size)
    stored: list[list[int]] = []
    slots = itertools.count()
    for _ in range(150):
        tokens = [draw.choice((-(2**31), 0, 255, 256, 2**31 - 1)) for _ in range(draw.randint(0, 12))]
        longest = 0
        for other in stored:
            same = sum(
                1 for _ in itertools.takewhile(lambda ab: ab[0] == ab[1], zip(tokens, other, strict=False))
            )
            longest = max(longest, same // page_size * page_size)
        assert len(tree.match(tokens).slots) == longest
        pages = [next(slots) * page_size for _ in range(-(-len(tokens) // page_size))]
        assert (
            tree.insert(tokens, [page + i for page in pages for i in range(page_size)][: len(tokens)])
            == longest
        )
        stored.append(tokens[: len(tokens) // page_size * page_size])


@pytest.mark.parametrize("page_size", [1, 2, 4])
def test_a_walk_costs_at_most_length_and_depth(page_size: int) -> None:
    draw = random.Random(page_size)
    tree, pool = RadixTree(page_size), SlotPool(10**4, page_size)
    for _ in range(200):
        tokens = [draw.randint(0, 2) for _ in range(draw.randint(0, 40))]
        node = tree.match(tokens).node
        depth = 0
        while node:
            depth, node = depth + 1, dict(tree.walk())[node].parent
        assert tree.comparisons <= len(tokens) + depth
        cost = tree.comparisons
        tree.insert(tokens, pool.allocate(len(tokens))[: len(tokens)])
        assert tree.comparisons <= cost + depth  # the match has split an edge at most


def test_the_cost_of_a_hit_is_exact() -> None:
    tree = RadixTree()
    tree.insert([1, 2, 3, 4], [0, 1, 2, 3])
    tree.match([1, 2])
    assert tree.comparisons == 1 + 2
    tree.match([1, 2, 3, 4, 5])
    assert tree.comparisons == 2 + 4 + 1


def test_namespaces_share_nothing() -> None:
    tree = RadixTree()
    assert tree.open(None) == 0
    other = tree.open("b")
    assert tree.open("b") == other != 0
    assert tree.epoch == 1
    tree.insert([1, 2], [0, 1])
    assert tree.match([1, 2], namespace="b").node == other
    assert tree.insert([1, 2], [2, 3], namespace="b") == 0
    assert tree.match([1, 2], namespace="b").slots.tolist() == [2, 3]


def test_a_split_leaves_the_lower_half_its_id_and_both_their_locks() -> None:
    tree = RadixTree()
    tree.insert([1, 2, 3, 4], [0, 1, 2, 3])
    leaf = tree.match([1, 2, 3, 4]).node
    tree.lock(leaf)
    upper = tree.match([1, 2]).node
    assert tree.prefix(leaf) == [1, 2, 3, 4]
    assert tree.children(upper) == [leaf]
    assert tree.is_leaf(leaf)
    assert not tree.is_leaf(upper)
    assert tree.locked == 4
    assert not len(tree.evict(4))
    tree.unlock(leaf)
    assert tree.evict(9).tolist() == [2, 3, 0, 1]
    assert tree.nodes == 1
    assert not tree.is_leaf(0)


def test_only_what_was_matched_becomes_recent() -> None:
    tree = RadixTree()
    tree.insert([1, 2, 3], [0, 1, 2])
    tree.insert([8, 9], [3, 4])
    tree.match([1, 2])
    assert tree.evict(1).tolist() == [2]
    assert tree.evict(2).tolist() == [3, 4]


def test_the_epoch_counts_calls_that_changed_the_structure() -> None:
    tree = RadixTree()
    seen = [tree.epoch]

    def changes(call: object) -> int:
        seen.append(tree.epoch)
        return seen[-1] - seen[-2]

    assert changes(tree.insert([1, 2, 3, 4], [0, 1, 2, 3])) == 1
    assert changes(tree.insert([1, 2, 3, 4], [4, 5, 6, 7])) == 0
    assert changes(tree.match([1, 2, 3, 4])) == 0
    assert changes(tree.match([1, 2, 9])) == 1
    assert changes(tree.insert([1, 9], [4, 5])) == 1
    tree.lock(1)
    tree.unlock(1)
    assert tree.epoch == seen[-1]
    assert changes(tree.evict(0)) == 0
    assert changes(tree.evict(2)) == 1
    assert changes(tree.evict(100)) == 1
    assert changes(tree.evict(100)) == 0
    assert changes(tree.open("b")) == 1


def test_what_was_read_before_a_cut_or_a_removal_is_stale() -> None:
    tree = RadixTree()
    tree.insert([1, 2, 3, 4], [0, 1, 2, 3])
    epoch, node = tree.epoch, tree.match([1, 2, 3, 4]).node
    tree.insert([1, 7], [4, 5])  # a split above does not matter
    assert tree.confirm(node, 4, epoch).slots.tolist() == [0, 1, 2, 3]
    assert tree.confirm(node, 0, epoch).node == 0
    later = tree.epoch
    tree.lock(node, epoch=later)
    tree.unlock(node)
    tree.match([1, 7])
    assert tree.evict(1).tolist() == [3]
    for seen in (epoch, later):
        with pytest.raises(StaleMatchError, match=r"RadixTree\.lock: node must be alive and uncut"):
            tree.lock(node, epoch=seen)
        with pytest.raises(StaleMatchError, match=r"RadixTree\.confirm: node"):
            tree.confirm(node, 2, seen)
    assert tree.confirm(node, 3, tree.epoch).slots.tolist() == [0, 1, 2]
    now = tree.epoch
    tree.evict(4)
    tree.insert([1, 2, 3, 4], [10, 11, 12, 13])
    reused = tree.match([1, 2, 3, 4]).node
    assert reused <= 3
    for gone in range(1, 4):
        with pytest.raises(StaleMatchError):
            tree.confirm(gone, 0, now)
    assert tree.confirm(reused, 4, tree.epoch).slots.tolist() == [10, 11, 12, 13]
