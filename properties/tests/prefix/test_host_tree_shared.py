"""One native tree in many hands: threads, mirrors, copies, namespaces that come and go, memory given back."""

import copy
import dataclasses
import pickle
import secrets
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch

from draftproof.optimized import eager, host
from draftproof.optimized.flat_tree import FlatTree
from draftproof.properties.inputs.fingerprints import collided
from draftproof.reference import prefix as reference

pytestmark = pytest.mark.skipif(host.unavailable() is not None, reason=str(host.unavailable()))


@pytest.fixture
def switching() -> Iterator[None]:
    """Let threads change places after every few bytecodes."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def together(*works: Callable[[], None]) -> None:
    """Run in threads that begin at once; raise what one of them raised."""
    barrier, errors = threading.Barrier(len(works)), []

    def begin(work: Callable[[], None]) -> None:
        barrier.wait()
        try:
            work()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=begin, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def run_of(start: int, length: int = 8) -> np.ndarray:
    return np.arange(start, start + length, dtype=np.int32)


def test_threads_that_match_insert_and_evict_lose_no_slot(switching: None) -> None:
    tree = host.RadixTree()
    held: list[set[int]] = [set() for _ in range(4)]
    freed: list[list[int]] = [[] for _ in range(4)]

    def serve(worker: int) -> None:
        rng = np.random.default_rng(worker)
        for turn in range(400):
            first = (worker * 400 + turn) * 8
            tokens = rng.integers(0, 3, 8).astype(np.int32)
            tokens[0] = worker  # each worker's slots are under its own first token
            present = tree.insert(tokens, run_of(first))
            held[worker].update(range(first + present, first + 8))
            match = tree.match(tokens)
            assert all(slot // 3200 == worker for slot in match.slots.tolist())
            if turn % 3 == 0:
                freed[worker] += tree.evict(int(rng.integers(1, 40))).tolist()

    together(*(lambda worker=worker: serve(worker) for worker in range(4)))
    gone = [slot for each in freed for slot in each]
    assert len(gone) == len(set(gone))
    assert set().union(*held) == set(gone) | set(tree.evict(10**9).tolist())
    assert (tree.cached, tree.nodes) == (0, 1)


@dataclasses.dataclass(frozen=True)
class Tenant:
    """A name whose comparison runs Python's own code, so that threads change places inside."""

    name: str

    def __hash__(self) -> int:
        return hash(self.name)


def test_a_namespace_opened_at_once_has_one_root(switching: None) -> None:
    for _ in range(100):
        tree, roots = host.RadixTree(), list[int]()
        together(*[lambda tree=tree, roots=roots: roots.append(tree.open(Tenant("a")))] * 4)
        assert len(set(roots)) == 1
        assert tree.nodes == 2


def test_a_name_that_opens_itself_has_one_root() -> None:
    class Opening(Tenant):
        def __eq__(self, other: object) -> bool:
            if tree.nodes < 3:
                tree.open("other")
            return isinstance(other, Opening)

        __hash__ = Tenant.__hash__

    tree = host.RadixTree()
    assert tree.open(Opening("a")) == tree.open(Opening("a"))
    assert tree.nodes <= 3


def test_a_namespace_that_closes_meanwhile_is_refused_not_anothers(switching: None) -> None:
    tree = host.RadixTree()
    done = threading.Event()

    def come_and_go() -> None:
        for turn in range(400):
            name = ("a", "b")[turn % 2]
            tree.open(name)
            tree.insert([1, 2, 3], np.array([0, 1, 2]) + (4 if name == "b" else 0), namespace=name)
            tree.close(name)
        done.set()

    def look() -> None:
        while not done.is_set():
            for name, allowed in (("a", {0, 1, 2}), ("b", {4, 5, 6})):
                try:
                    assert set(tree.match([1, 2, 3], namespace=name).slots.tolist()) <= allowed
                except ValueError as error:
                    assert "namespace must have been opened" in str(error)  # noqa: PT017 - or it matches

    together(come_and_go, look, look)
    assert (tree.nodes, tree.cached) == (1, 0)


def test_what_was_copied_and_its_epoch_are_of_one_moment() -> None:
    class Busy(host.RadixTree):
        between: Callable[[], None] | None = None

        def changes(self, generation: int) -> Any:
            changed = super().changes(generation)
            if self.between is not None:
                act, self.between = self.between, None
                act()
            return changed

    tree = Busy()
    tree.insert([1, 2, 3], [10, 11, 12])
    mirror = FlatTree(tree, "cpu")

    def another_thread() -> None:
        tree.evict(3)
        tree.insert([7, 8, 9], [20, 21, 22])  # another prompt gets the node's id

    tree.between = another_thread
    mirror.update()
    found = eager.match_prefixes(
        torch.tensor([1, 2, 3], dtype=torch.int32),
        torch.tensor([0, 3]),
        torch.zeros(1, dtype=torch.int32),
        *(mirror.table, mirror.nodes, mirror.edges),
        page_size=1,
    )
    assert found.lengths.tolist() == [3]
    with pytest.raises(host.StaleMatchError):
        tree.confirm(int(found.nodes[0]), 3, mirror.epoch)


@pytest.mark.parametrize("make", [copy.copy, copy.deepcopy])
@pytest.mark.parametrize("kind", [host.RadixTree, reference.RadixTree], ids=["host", "reference"])
def test_a_copy_is_a_tree_of_its_own(kind: Any, make: Callable[[Any], Any]) -> None:
    tree = kind(2, "lfu")
    tree.open("a")
    tree.insert([1, 2, 3, 4], [10, 11, 12, 13])
    tree.insert([1, 2, 9, 9], [0, 1, 30, 31], namespace="a")
    tree.lock(tree.match([1, 2]).node)
    figures = ("epoch", "cached", "locked", "nodes", "page_size", "policy")
    twin = make(tree)
    assert [getattr(twin, figure) for figure in figures] == [getattr(tree, figure) for figure in figures]
    assert sorted(twin.evict(99).tolist()) == [0, 1, 12, 13, 30, 31]
    twin.insert([5, 5], [40, 41])
    assert (tree.cached, tree.locked, twin.cached, twin.locked) == (8, 2, 4, 2)
    assert tree.match([1, 2, 3, 4]).slots.tolist() == [10, 11, 12, 13]
    assert tree.match([1, 2, 9, 9], namespace="a").slots.tolist() == [0, 1, 30, 31]


def test_a_tree_is_pickled_truly_or_not_at_all() -> None:
    with pytest.raises(TypeError, match="RadixTree: a native tree cannot be pickled"):
        pickle.dumps(host.RadixTree())
    tree = reference.RadixTree()
    tree.insert([1, 2], [3, 4])
    assert pickle.loads(pickle.dumps(tree)).match([1, 2]).slots.tolist() == [3, 4]


def test_a_copied_mirror_follows() -> None:
    tree = host.RadixTree()
    tree.insert([1, 2], [3, 4])
    mirror = FlatTree(tree, "cpu")
    same, apart = copy.copy(mirror), copy.deepcopy(mirror)
    tree.insert([5], [6])
    assert (mirror.update() > 0, same.update() > 0, apart.update()) == (True, True, 0)


def filled_then_left(tree: Any, slots: int) -> np.ndarray:
    """Fill a tree, and evict all but the first sequence, which is locked."""
    kept = np.arange(64, dtype=np.int32)
    tree.insert(kept, kept)
    node = tree.match(kept).node
    tree.lock(node)
    tree.open("a")
    for first in range(64, slots, 64):
        tokens = np.arange(first, first + 64, dtype=np.int32)
        tree.insert(tokens, tokens, namespace=("a", None)[first // 64 % 2])
    tree.close("a")
    tree.evict(slots)
    tree.unlock(node)
    return kept


def test_a_peak_is_given_back() -> None:
    tree, fresh = host.RadixTree(), host.RadixTree()
    filled_then_left(fresh, 64)
    kept = filled_then_left(tree, 400_000)
    mirror = FlatTree(tree, "cpu")
    assert tree.nbytes > 3_000_000
    tree.release()
    assert tree.nbytes < fresh.nbytes + 2048
    assert tree.nbytes <= 8.5 * tree.cached + 64 * tree.nodes + 16384
    assert tree.match(kept).slots.tolist() == kept.tolist()
    mirror.update()
    for held in (mirror, copy.copy(mirror)):
        found = eager.match_prefixes(
            *(torch.from_numpy(kept), torch.tensor([0, 64]), torch.zeros(1, dtype=torch.int32)),
            *(held.table, held.nodes, held.edges),
            page_size=1,
        )
        assert found.lengths.tolist() == [64]
    assert len(mirror.edges) > 100_000
    mirror.release()
    assert len(mirror.edges) < 4096
    filled_then_left(tree, 4096)
    assert tree.match(kept).slots.tolist() == kept.tolist()


@pytest.mark.parametrize("page_size", [1, 64])
def test_a_slot_at_the_end_of_int32_takes_a_few_kilobytes(page_size: int) -> None:
    tree = host.RadixTree(page_size)
    tree.insert(range(page_size), range(2**31 - page_size, 2**31))
    assert tree.nbytes < 16384
    assert tree.evict(1)[-1] == 2**31 - 1


def test_a_namespace_can_be_closed() -> None:
    for tree in (host.RadixTree(), reference.RadixTree()):
        tree.open("a")
        tree.insert([1, 2, 3], [0, 1, 2])
        tree.insert([1, 2, 3], [4, 5, 6], namespace="a")
        tree.insert([1, 9], [4, 7], namespace="a")
        node = tree.match([1, 2, 3], namespace="a").node
        tree.lock(node)
        with pytest.raises(
            ValueError, match=r"^RadixTree.close: namespace must not be locked, got 'a', which is$"
        ):
            tree.close("a")
        tree.unlock(node)
        epoch = tree.epoch
        assert sorted(tree.close("a").tolist()) == [4, 5, 6, 7]
        assert (tree.nodes, tree.cached, tree.epoch) == (2, 3, epoch + 1)
        for call in (tree.close, lambda name, tree=tree: tree.match([1], namespace=name)):
            with pytest.raises(ValueError, match="namespace must have been opened, got 'a'"):
                call("a")
        with pytest.raises(ValueError, match="got None, which stays open"):
            tree.close(None)
        tree.open("a")
        assert tree.match([1, 2, 3], namespace="a").slots.tolist() == []
        assert tree.match([1, 2, 3]).slots.tolist() == [0, 1, 2]
        assert sorted(tree.tokens().tolist()) == [1, 2, 3]


def test_namespaces_that_come_and_go_leave_nothing() -> None:
    tree = host.RadixTree(16)
    sizes = []
    for turn in range(3000):
        tree.open(turn)
        tree.insert(range(32), range(32), namespace=turn)
        assert len(tree.close(turn)) == 32
        sizes.append(tree.nbytes)
    assert max(sizes) == sizes[10]
    assert tree.nodes == 1


def test_pages_made_to_collide_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who knows a tree's secret can make pages that share a fingerprint; another tree's is another."""

    def keys(tree: host.RadixTree) -> set[int]:
        return set(FlatTree(tree, "cpu").nodes[1:, 4].tolist()) - {0}

    rng = np.random.default_rng(0)
    pages = {tuple(range(100, 116)): np.arange(100, 116, dtype=np.int32)}
    while len(pages) < 60:
        page = collided(rng, list(pages.values())[rng.integers(len(pages))], 0)
        pages[tuple(page.tolist())] = page
    trees = [host.RadixTree(16), host.RadixTree(16)]
    monkeypatch.setattr(secrets, "randbits", lambda _: 0)
    trees.append(host.RadixTree(16))
    for tree in trees:
        for number, page in enumerate(pages.values()):
            tree.insert(page, run_of(16 * number, 16))
        for number, page in enumerate(pages.values()):
            assert tree.match(page).slots.tolist() == list(range(16 * number, 16 * number + 16))
    assert [len(keys(tree)) for tree in trees] == [60, 60, 1]
    assert keys(trees[0]) != keys(trees[1])
