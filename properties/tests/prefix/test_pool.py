"""The pool, the block tables that lead into it, and the keys of pairs."""

import random

import numpy as np
import pytest

from draftproof.reference.prefix import PairKeys, RadixTree, SlotPool
from draftproof.reference.prefix.blocks import block_table, flatten


@pytest.mark.parametrize("page_size", [1, 2, 5])
def test_slots_are_given_out_once_and_come_back(page_size: int) -> None:
    draw = random.Random(page_size)
    pool = SlotPool(20, page_size)
    taken: list[list[int]] = []
    for _ in range(300):
        if taken and draw.random() < 0.5:
            back = taken.pop(draw.randrange(len(taken)))
            pool.free(draw.sample(back, len(back)))
        else:
            wanted = draw.randint(0, pool.free_tokens)
            in_use = {slot for given in taken for slot in given}
            slots = pool.allocate(wanted)
            assert slots.dtype == np.int32
            assert len(slots) == -(-wanted // page_size) * page_size
            assert not in_use & set(slots.tolist())
            below = set(range(int(slots[-1]))) if len(slots) else set()
            assert below <= in_use | set(slots.tolist())
            assert len(block_table(slots, page_size)) == len(slots) // page_size
            taken.append(slots.tolist())
        assert pool.free_tokens == 20 * page_size - sum(map(len, taken))


@pytest.mark.parametrize(
    ("method", "argument", "error", "says"),
    [
        ("allocate", 5, ValueError, "count must be at most 4, got 5"),
        ("allocate", -1, ValueError, "count must be at least 0, got -1"),
        ("allocate", 1.0, TypeError, "count must be an int, got float"),
        ("free", [0], ValueError, "slots must be whole pages, got page 0 without 1"),
        ("free", [0, 1, 3], ValueError, "slots must be whole pages, got page 1 without 2"),
        ("free", [0, 1, 0], ValueError, "slots must be in use, got 0, which is free"),
        ("free", [4, 5], ValueError, "slots must be in use, got 4, which is free"),
        ("free", [8, 9], ValueError, "slots must be below 8, got 8"),
        ("free", [-1, 0], ValueError, "slots must be below 8, got -1"),
        ("free", [0.5], TypeError, "each of slots must be an int, got float"),
    ],
)
def test_a_refused_call_leaves_the_pool_as_it_was(
    method: str, argument: object, error: type, says: str
) -> None:
    pool = SlotPool(4, 2)
    pool.allocate(4)
    with pytest.raises(error, match=rf"SlotPool\.{method}: {says}"):
        getattr(pool, method)(argument)
    assert pool.free_tokens == 4
    assert pool.allocate(4).tolist() == [4, 5, 6, 7]


def test_block_tables_refuse_what_is_no_page() -> None:
    with pytest.raises(ValueError, match="block_table: slots must not be negative, got -2"):
        block_table([-2, -1], 2)
    for slots in ([1, 2], [0, 2], [1], [2, 3, 5, 4]):
        with pytest.raises(
            ValueError, match="block_table: slots of a page must be consecutive from a multiple"
        ):
            block_table(slots, 2)
    with pytest.raises(ValueError, match="block_table: page_size must be at least 1, got 0"):
        block_table([0], 0)
    assert block_table([], 4).tolist() == []
    assert block_table([12, 13], 4).tolist() == [3]


def test_flattened_rows_can_be_taken_apart() -> None:
    rows = [[3, 1], [], [4], [3, 1, 5]]
    indptr, indices = flatten([np.array(row, dtype=np.int32) for row in rows])
    assert indptr.dtype == indices.dtype == np.int32
    assert [indices[indptr[r] : indptr[r + 1]].tolist() for r in range(4)] == rows
    assert [array.tolist() for array in flatten([])] == [[0], []]
    with pytest.raises(ValueError, match=r"flatten: requests\[1\] must not be negative, got -1"):
        flatten([[0], [2, -1]])


def test_pairs_are_numbered_without_collision() -> None:
    draw = random.Random(1)
    tokens = [draw.choice((-(2**31), -1, 0, 1, 2, 2**31 - 1)) for _ in range(500)]
    pairs = PairKeys()
    keys = pairs.keys(tokens)
    assert keys.dtype == np.int32
    assert len(keys) == 499
    by_key: dict[int, set[tuple[int, int]]] = {}
    for i, key in enumerate(keys.tolist()):
        by_key.setdefault(key, set()).add((tokens[i], tokens[i + 1]))
    assert all(len(seen) == 1 for seen in by_key.values())
    assert sorted(by_key) == list(range(len(pairs)))
    assert pairs.keys(tokens).tolist() == keys.tolist()
    assert pairs.keys([4]).tolist() == pairs.keys([]).tolist() == []


def test_a_draft_models_cache_is_shared_one_token_less_far() -> None:
    target, draft, pairs = RadixTree(), RadixTree(), PairKeys()
    first, second = [1, 2, 3, 4], [1, 2, 3, 9]
    target.insert(first, range(4))
    draft.insert(pairs.keys(first), range(3))
    assert len(target.match(second).slots) == 3
    assert len(draft.match(pairs.keys(second)).slots) == 2


def test_pairs_that_are_forgotten_make_room_and_those_kept_stay() -> None:
    rng = random.Random(0)
    tree, pairs, pool = RadixTree(), PairKeys(), SlotPool(400)
    for _ in range(300):
        tokens = [rng.randrange(30) for _ in range(20)]
        keys = pairs.keys(tokens)
        present = len(tree.match(keys).slots)
        slots = np.concatenate([np.zeros(present, np.int32), pool.allocate(len(keys) - present)])
        tree.insert(keys, slots)
        if pool.free_tokens < 60:
            pool.free(tree.evict(120))
            before = pairs.keys(tokens) if len(tree.match(keys).slots) == len(keys) else None
            pairs.forget(tree.tokens())
            assert len(pairs) == len(set(tree.tokens().tolist()))
            if before is not None:
                assert pairs.keys(tokens).tolist() == before.tolist()
        assert len({pairs.keys([a, b])[0] for a in range(4) for b in range(4)}) == 16
        assert pairs.keys(range(30)).max() < 900
