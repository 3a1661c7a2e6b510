"""The native tree when memory ends, or when garbage is collected, inside any of its allocations."""

import copy
import ctypes
import random
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from draftproof.optimized import host
from draftproof.optimized.host import build, library
from draftproof.reference import prefix as reference

pytestmark = pytest.mark.skipif(host.unavailable() is not None, reason=str(host.unavailable()))

WRAPPED = (
    *("realloc", "calloc", "_Znwm", "PyTuple_New", "PyLong_FromLongLong", "PyLong_FromUnsignedLongLong"),
    *("PyObject_CallFunctionObjArgs", "PyCFunction_NewEx", "PyCapsule_New"),
)
SOURCE = Path(__file__).with_name("allocations.cpp")
MOST = 400
"""Allocations of one call, at most."""
FIGURES = ("epoch", "cached", "locked", "evictable", "nodes")


class Allocations(NamedTuple):
    """The library's own: how many go well until one does not, and what runs then instead of a failure."""

    turn: ctypes.c_long
    act: ctypes.c_void_p


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the tree's library with every allocation in our hands."""
    target = tmp_path_factory.mktemp("allocations") / "tree.so"
    wraps = [f"-Wl,--wrap={name}" for name in WRAPPED]
    flags = [flag for flag in build.FLAGS if flag != "-O3"]
    sources = [str(build.SOURCE), str(SOURCE)]
    done = subprocess.run(
        [*build.compiler(), *flags, "-O1", *wraps, *sources, "-o", str(target)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"the linker cannot wrap functions: {done.stderr[:200]}")
    return target


@pytest.fixture
def allocations(compiled: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Allocations]:
    """Put the library in the place of the tree's."""
    make = library.load(compiled)
    monkeypatch.setattr(library, "_make", lambda: make)
    loaded = ctypes.CDLL(str(compiled))
    ours = Allocations(
        ctypes.c_long.in_dll(loaded, "draftproof_turn"), ctypes.c_void_p.in_dll(loaded, "draftproof_act")
    )
    yield ours
    ours.turn.value, ours.act.value = -1, None


Call = Callable[[Any], Any]


def shown(answer: Any) -> Any:
    """Return an answer in a form that compares, node ids apart: two trees may give others."""
    if isinstance(answer, tuple) and hasattr(answer, "slots"):
        return answer.slots.tolist()
    return answer.tolist() if isinstance(answer, np.ndarray) else answer


def outcome(tree: Any, call: Call) -> Any:
    try:
        return shown(call(tree))
    except (ValueError, TypeError) as error:
        return f"{type(error).__name__}: {error}"


def state(tree: Any) -> Any:
    """Return all that a tree shows of itself, without a use of it."""
    figures = [getattr(tree, figure) for figure in FIGURES]
    changes = tree.changes(0)
    # What the blocks past the highest id and address hold is nobody's.
    table = np.sort(changes.packed[-changes.table_size :])
    return figures, sorted(tree.tokens().tolist()), table[table >= 0].tolist()


class Script:
    """Random calls for a tree and the oracle beside it."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.page, self.fresh = self.draw.choice([1, 1, 2, 16]), 0
        self.policy = reference.RadixTree, list(reference.POLICIES)[seed % 5]

    def trees(self) -> tuple[Any, Any]:
        policy = self.policy[1]
        return host.RadixTree(self.page, policy), reference.RadixTree(self.page, policy)

    def call(self) -> Call:
        draw, page = self.draw, self.page
        pages = draw.randrange(1, 40)
        tokens = np.array([draw.randrange(3) for _ in range(pages * page)], np.int32)
        gap = draw.choice([1, 1, 9000])  # scattered slots: each lies in a leaf of its own
        places = (self.fresh + np.arange(pages) * gap)[:, None] * page + np.arange(page)
        slots = places.ravel().astype(np.int32)
        self.fresh += pages * gap
        name = f"n{draw.randrange(4)}"
        return draw.choice(
            [
                lambda tree: tree.insert(tokens, slots),
                lambda tree: tree.insert(tokens, slots),
                lambda tree: tree.insert(tokens, slots, namespace=name),
                lambda tree: tree.match(tokens),
                lambda tree: tree.match(tokens, namespace=name),
                lambda tree: tree.evict(pages * page // 2),
                lambda tree: tree.open(name) * 0,
                lambda tree: sorted(tree.close(name).tolist()),
                lambda tree: [lengths.tolist() for lengths in tree.match_many(tokens, [0, pages])[:1]],
                lambda tree: tree.lock(0),
                lambda tree: sorted(tree.tokens().tolist()),
                lambda tree: tree.release() if isinstance(tree, host.RadixTree) else None,
                lambda tree: copy.copy(tree).cached,
            ]
        )


@pytest.mark.parametrize("seed", range(25))
def test_a_call_for_which_memory_ends_changes_nothing(allocations: Allocations, seed: int) -> None:
    script, failed = Script(seed), 0
    tree, oracle = script.trees()
    for _ in range(50):
        call = script.call()
        for turn in range(MOST):
            before = state(tree)
            allocations.turn.value = turn
            try:
                got = outcome(tree, call)
            except MemoryError:
                failed += 1
                allocations.turn.value = -1
                assert state(tree) == before
                continue
            allocations.turn.value = -1
            break
        else:
            raise AssertionError(f"more than {MOST} allocations")
        assert got == outcome(oracle, call)
        assert [getattr(tree, figure) for figure in FIGURES[1:]] == [
            getattr(oracle, figure) for figure in FIGURES[1:]
        ]
    assert failed > 20


def test_a_table_that_cannot_grow_stays_whole(allocations: Allocations) -> None:
    tree, failed = host.RadixTree(), 0
    for token in range(450):
        for turn in range(MOST):
            allocations.turn.value = turn
            try:
                tree.insert([token], [token])
                break
            except MemoryError:
                failed += 1
        allocations.turn.value = -1
        assert len(tree.match([token // 2]).slots) == 1
    assert failed > 20


def test_a_tree_for_which_memory_ends_is_none(allocations: Allocations) -> None:
    failed = 0
    for turn in range(100):
        allocations.turn.value = turn
        try:
            host.RadixTree()
        except MemoryError:
            failed += 1
            continue
        break
    assert failed > 20
    allocations.turn.value = -1


def filled() -> host.RadixTree:
    tree = host.RadixTree()
    for k in range(8):
        tokens = np.r_[np.arange(40 * k), np.full(8, 1000 + k)].astype(np.int32)
        tree.insert(tokens, np.arange(300 + 1000 * k, 308 + 1040 * k, dtype=np.int32))
    return tree


CALLS: dict[str, Call] = {
    "match": lambda tree: tree.match(np.arange(20, dtype=np.int32)),
    "insert": lambda tree: tree.insert(np.arange(400, dtype=np.int32), np.arange(9000, 9400, dtype=np.int32)),
    "evict": lambda tree: tree.evict(30),
    "changes": lambda tree: tree.changes(0),
    "confirm": lambda tree: tree.confirm(1, 8, 8),
    "tokens": lambda tree: tree.tokens(),
    "open": lambda tree: tree.open("b"),
    "close": lambda tree: tree.close("a"),
    "copy": copy.copy,
}
INSIDE: dict[str, Call] = {
    "evicts all": lambda tree: tree.evict(10**9),
    "evicts some": lambda tree: tree.evict(20),
    "locks": lambda tree: tree.lock(1),
    "grows": lambda tree: [
        tree.insert(np.arange(k, k + 900, dtype=np.int32), np.arange(k, k + 900, dtype=np.int32))
        for k in range(20_000, 60_000, 1000)
    ],
    "opens": lambda tree: tree.open("b"),
    "closes": lambda tree: tree.close("a"),
}


@pytest.mark.parametrize("inside", INSIDE)
@pytest.mark.parametrize("name", CALLS)
def test_a_call_inside_an_allocation_comes_before_or_after_the_call(
    allocations: Allocations, name: str, inside: str
) -> None:
    """What a finaliser does to the tree while a call makes its answer: as if it had come first, or last."""

    def run(order: list[Call]) -> Any:
        tree = filled()
        tree.open("a")
        tree.insert([5, 6], [8900, 8901], namespace="a")
        answers = [outcome(tree, call) if call is CALLS[name] else call(tree) for call in order]
        answer = answers[order.index(CALLS[name])]
        if name == "changes":
            answer = (*answer[:6], answer.epoch)
        return None if name == "copy" else answer, tree.cached, tree.locked, tree.nodes

    def tolerant(tree: Any) -> None:
        outcome(tree, INSIDE[inside])

    allowed = [run([tolerant, CALLS[name]]), run([CALLS[name], tolerant])]
    ran = 0
    for turn in range(MOST):
        tree = filled()
        tree.open("a")
        tree.insert([5, 6], [8900, 8901], namespace="a")
        acted: list[int] = []

        def act(tree: Any = tree, acted: list[int] = acted) -> None:
            acted.append(1)
            tolerant(tree)

        hook = ctypes.PYFUNCTYPE(None)(act)
        allocations.act.value = ctypes.cast(hook, ctypes.c_void_p).value
        allocations.turn.value = turn
        answer = outcome(tree, CALLS[name])
        allocations.turn.value, allocations.act.value = -1, None
        if not acted:
            break
        ran += 1
        if name == "changes":
            answer = (*answer[:6], answer.epoch)
        got = None if name == "copy" else answer, tree.cached, tree.locked, tree.nodes
        assert got in allowed, (got, allowed)
    assert ran >= 1
