"""The oracles on the flat tree: against the tree itself, and on arrays that no tree gives."""

import random

import numpy as np
import pytest

from draftproof.reference import Status, fill_block_tables, match_prefixes
from draftproof.reference.prefix import RadixTree, SlotPool
from draftproof.reference.prefix.flat import Column, FlatTree, flatten
from draftproof.reference.prefix.flat_hash import bucket, fingerprint, mix, signed

TREE, LENGTH = int(Status.INVALID_TREE), int(Status.INVALID_LENGTH)


def grown(draw: random.Random, page_size: int) -> RadixTree:
    """Return a tree with splits, cuts and freed rows."""
    tree, pool = RadixTree(page_size), SlotPool(2000, page_size)
    for namespace in (None, "b") * 12:
        tree.open(namespace)
        tokens = [draw.randint(-1, 1) for _ in range(draw.randint(0, 8 * page_size))]
        tree.insert(tokens, pool.allocate(len(tokens))[: len(tokens)], namespace=namespace)
        if draw.random() < 0.3:
            tree.evict(draw.randint(0, 6))
    return tree


def ragged(draw: random.Random, page_size: int) -> tuple[np.ndarray, np.ndarray]:
    requests = [[draw.randint(-1, 1) for _ in range(draw.randint(0, 9 * page_size))] for _ in range(30)]
    offsets = np.cumsum([0] + [len(request) for request in requests])
    return np.array([token for request in requests for token in request], dtype=np.int32), offsets


@pytest.mark.parametrize("page_size", [1, 2, 3, 4])
def test_the_flat_tree_matches_as_the_tree_does(page_size: int) -> None:
    for seed in range(15):
        draw = random.Random(seed)
        tree = grown(draw, page_size)
        tokens, offsets = ragged(draw, page_size)
        epoch = tree.epoch
        flat = flatten(tree, secret=draw.getrandbits(64))
        for namespace in (None, "b"):
            roots = np.full(len(offsets) - 1, tree.open(namespace), dtype=np.int32)
            found = match_prefixes(
                tokens, offsets, roots, flat.table, flat.nodes, flat.edges, page_size=page_size
            )
            lengths, nodes = tree.match_many(tokens, offsets, namespace=namespace)
            assert found.lengths.tolist() == lengths.tolist()
            assert found.nodes.tolist() == nodes.tolist()
            assert not found.status.any()
            filled = fill_block_tables(
                found.nodes, found.lengths, flat.nodes, flat.slots, page_size=page_size, width=5
            )
            assert not filled.status.any()
            assert tree.epoch == epoch
            for r in range(len(lengths)):
                alone = tree.match(tokens[offsets[r] : offsets[r + 1]], namespace=namespace)
                pages = (alone.slots[::page_size] // page_size)[:5].tolist()
                assert len(alone.slots) == lengths[r]
                assert filled.tables[r].tolist() == pages + [-1] * (5 - len(pages))
            epoch = tree.epoch
            flat = flatten(tree)


def test_rows_edges_and_table_hold_what_the_tree_does() -> None:
    tree = grown(random.Random(3), 2)
    secret = 0xF00DF00D12345678
    flat = flatten(tree, node_capacity=100, edge_capacity=1000, table_capacity=256, secret=secret)
    assert [array.shape for array in flat] == [(100, 8), (1000,), (1000,), (256,)]
    assert {array.dtype.name for array in flat} == {"int32"}
    live = dict(tree.walk())
    for node, row in enumerate(flat.nodes.tolist()):
        if node in live and live[node].parent >= 0:
            parent, start, length, end, key, born = row[:6]
            assert flat.edges[start : start + length].tolist() == live[node].edge
            assert flat.slots[start : start + length].tolist() == live[node].slots
            assert (parent, end, born) == (live[node].parent, live[node].end, live[node].born)
            assert key == signed(fingerprint(live[node].edge[:2], secret))
        else:
            assert row[:5] == [-1, 0, 0, 0, 0]
        assert row[6:] == ([0x12345678, 0xF00DF00D - 2**32] if node in live else [0, 0])
    assert sorted(flat.table[flat.table >= 0].tolist()) == [n for n in live if live[n].parent >= 0]


def test_a_full_table_still_answers() -> None:
    tree = RadixTree()
    for token in range(4):
        tree.insert([token], [token])
    flat = flatten(tree, table_capacity=4)
    assert (flat.table >= 0).all()
    tokens, offsets = np.arange(6, dtype=np.int32), np.arange(7)
    found = match_prefixes(
        tokens, offsets, np.zeros(6, np.int32), flat.table, flat.nodes, flat.edges, page_size=1
    )
    assert found.lengths.tolist() == [1, 1, 1, 1, 0, 0]


@pytest.mark.parametrize(
    ("capacities", "says"),
    [
        ({"node_capacity": 4}, "node_capacity must be at least 5, got 4"),
        ({"edge_capacity": 3}, "edge_capacity must be at least 4, got 3"),
        ({"table_capacity": 2}, "table_capacity must be at least 4, got 2"),
        ({"table_capacity": 6}, "table_capacity must be a power of two, got 6"),
    ],
)
def test_a_capacity_that_does_not_do_is_refused(capacities: dict[str, int], says: str) -> None:
    tree = RadixTree()
    for token in range(4):
        tree.insert([token], [token])
    with pytest.raises(ValueError, match=f"flatten: {says}"):
        flatten(tree, **capacities)


def test_an_empty_tree_is_flat_too() -> None:
    flat = flatten(RadixTree())
    assert [array.shape for array in flat] == [(1, 8), (0,), (0,), (1,)]
    found = match_prefixes(
        np.array([1]), np.array([0, 1]), np.array([0]), flat.table, flat.nodes, flat.edges, page_size=1
    )
    assert (found.lengths.tolist(), found.nodes.tolist(), found.status.tolist()) == ([0], [0], [0])


def test_the_hash_is_uint32_arithmetic() -> None:
    def word(x: int) -> np.uint32:
        return np.uint32(x & 0xFFFFFFFF)

    def mixed(x: np.uint32) -> np.uint32:
        x ^= x >> word(16)
        x = word(int(x) * 0x85EBCA6B)
        x ^= x >> word(13)
        x = word(int(x) * 0xC2B2AE35)
        return x ^ (x >> word(16))

    for x in (0, 1, -1, 2**31, -(2**31), 123456789):
        assert mix(x) == mixed(word(x))
        assert signed(mix(x)) == mixed(word(x)).view(np.int32)
        assert bucket(7, signed(mix(x))) == bucket(7, mix(x))
    page, secret = [5, -6, 2**31 - 1], 0x123456789ABCDEF0
    total = 0
    for i, token in enumerate(page):
        step = word((i + 1) * 0x9E3779B9)
        high, low = mixed(word(int(step) + 0x12345678)), mixed(word(int(step) + 0x9ABCDEF0))
        total += int(high) * int(word(token)) + (int(low) * int(word(token)) >> 32)
    assert fingerprint(page, secret) == total & 0xFFFFFFFF
    assert bucket(2**20, 9) == mixed(word(9) ^ word(2**20 * 0x9E3779B1))


def chain() -> FlatTree:
    """Return root 0, edge [1, 2] of node 1 and edge [3, 4] of node 2, with slots 4, 5, 8, 9."""
    tree = RadixTree()
    tree.insert([1, 2], [4, 5])
    tree.insert([1, 2, 3, 4], [0, 0, 8, 9])
    return flatten(tree)


def matched(
    flat: FlatTree, tokens: list[int], offsets: list[int], roots: list[int], page_size: int = 1
) -> list[list[int]]:
    found = match_prefixes(
        np.array(tokens, dtype=np.int32),
        np.array(offsets),
        np.array(roots),
        flat.table,
        flat.nodes,
        flat.edges,
        page_size=page_size,
    )
    return [array.tolist() for array in found]


def test_requests_outside_the_tokens_count_as_empty() -> None:
    far = 2**62
    assert matched(chain(), [1, 2, 3], [0, 3, 2, 9, far, -1, 1], [0] * 6) == [
        [3, 0, 0, 0, 0, 0],
        [2, 0, 0, 0, 0, 0],
        [0, LENGTH, LENGTH, LENGTH, LENGTH, LENGTH],
    ]


def test_a_root_outside_the_rows_matches_nothing() -> None:
    assert matched(chain(), [1, 2], [0, 2, 1, 2], [3, -1, 2**31 - 1]) == [
        [0, 0, 0],
        [-1, -1, -1],
        [TREE, TREE | LENGTH, TREE],
    ]
    assert matched(chain(), [3, 4], [0, 2], [1]) == [[2], [2], [0]]  # any node may serve as root


@pytest.mark.parametrize(
    ("column", "value", "length", "flags"),
    [
        (Column.START, -1, 2, TREE),
        (Column.START, 3, 2, TREE),
        (Column.START, 2**31 - 1, 2, TREE),
        (Column.LENGTH, 0, 2, TREE),
        (Column.LENGTH, -4, 2, TREE),
        (Column.LENGTH, 2**31 - 1, 2, TREE),
        (Column.LENGTH, 1, 3, 0),
        (Column.PARENT, 0, 2, 0),
        (Column.PARENT, -7, 2, 0),
        (Column.KEY, 5, 2, 0),
        (Column.END, -5, 4, 0),
        (Column.START, 0, 2, 0),
    ],
)
def test_a_row_that_is_wrong_ends_the_match(column: Column, value: int, length: int, flags: int) -> None:
    flat = chain()
    flat.nodes[2, column] = value
    request = [1, 2, 3, 4]
    lengths, _, status = matched(flat, request, [0, 4], [0])
    assert (lengths, status) == ([length], [flags])


def test_a_malformed_row_is_passed_over() -> None:
    flat = chain()
    free = np.flatnonzero(flat.table < 0)
    flat.table[free] = [99, -5][: len(free)]
    full = matched(flat, [1, 2, 3, 4, 5], [0, 5], [0])
    assert full[0] == [4]
    assert full[2] == [TREE]


def test_a_cycle_ends_with_the_request() -> None:
    flat = chain()
    key = int(flat.nodes[1, Column.KEY])
    flat.nodes[1, Column.PARENT] = 1
    flat.table[:] = -1
    flat.table[bucket(1, key) & (len(flat.table) - 1)] = 1
    assert matched(flat, [1, 2] * 50, [0, 100], [1]) == [[100], [1], [0]]


def filled(
    flat: FlatTree, node: int, length: int, width: int = 6, page_size: int = 1
) -> tuple[list[int], int]:
    tables, status = fill_block_tables(
        np.array([node]), np.array([length]), flat.nodes, flat.slots, page_size=page_size, width=width
    )
    return tables[0].tolist(), int(status[0])


def test_tables_are_filled_from_the_node_up() -> None:
    flat = chain()
    assert filled(flat, 2, 4) == ([4, 5, 8, 9, -1, -1], 0)
    assert filled(flat, 2, 3, width=2) == ([4, 5], 0)
    assert filled(flat, 2, 4, width=0) == ([], 0)
    assert filled(flat, 0, 0) == ([-1] * 6, 0)
    assert filled(flat, -1, 3) == ([-1] * 6, 0)
    assert filled(flat, 2, 0) == ([-1] * 6, 0)


def test_what_no_match_gives_is_flagged() -> None:
    flat = chain()
    empty = [-1] * 6
    assert filled(flat, 2, -1) == (empty, LENGTH)
    assert filled(flat, -1, -1) == (empty, LENGTH)
    assert filled(flat, -2, 2) == (empty, TREE)
    assert filled(flat, 3, -1) == (empty, TREE | LENGTH)
    assert filled(flat, 2, 5) == (empty, TREE)  # beyond the node's end
    assert filled(flat, 2, 2) == (empty, TREE)  # the ancestor's match, not this node's
    assert filled(flat, 0, 1) == (empty, TREE)


@pytest.mark.parametrize(
    ("row", "column", "value", "table"),
    [
        (2, Column.START, -1, [-1, -1, -1, -1]),
        (2, Column.START, 3, [-1, -1, -1, -1]),
        (2, Column.LENGTH, 0, [-1, -1, -1, -1]),
        (2, Column.LENGTH, 5, [-1, -1, -1, -1]),
        (2, Column.END, 3, [-1, -1, -1, -1]),
        (2, Column.END, -(2**31), [-1, -1, -1, -1]),
        (2, Column.PARENT, -1, [-1, -1, 8, 9]),
        (2, Column.PARENT, 3, [-1, -1, 8, 9]),
        (2, Column.PARENT, 2, [-1, -1, 8, 9]),
        (2, Column.PARENT, 0, [-1, -1, 8, 9]),
        (1, Column.END, 1, [-1, -1, 8, 9]),
        (1, Column.LENGTH, 3, [-1, -1, 8, 9]),
    ],
)
def test_a_row_that_is_wrong_ends_the_table(row: int, column: Column, value: int, table: list[int]) -> None:
    flat = chain()
    flat.nodes[row, column] = value
    assert filled(flat, 2, 4, width=4) == (table, TREE)


def test_negative_slots_and_odd_pages_are_flagged() -> None:
    flat = chain()
    flat.slots[1] = -3
    assert filled(flat, 2, 4, width=4) == ([4, -1, 8, 9], TREE)
    assert filled(flat, 2, 4, width=1) == ([4], 0)  # a slot that is not asked for is not looked at

    tree = RadixTree(page_size=2)
    tree.insert([1, 2, 3, 4], [4, 5, 8, 9])
    flat = flatten(tree)
    assert filled(flat, 1, 3, width=3, page_size=2) == ([2, -1, -1], LENGTH)
    flat.nodes[1, Column.END] = 5  # begins inside a page
    assert filled(flat, 1, 4, width=3, page_size=2) == ([-1, -1, -1], TREE)
