"""Identities of matching on a flat tree that no single call shows, and what inputs promise."""

from typing import Any

import numpy as np
import pytest
import torch

from draftproof import reference
from draftproof.optimized import eager
from draftproof.properties.backend import Backend
from draftproof.properties.contracts.prefix.fill_block_tables import FILL_BLOCK_TABLES
from draftproof.properties.contracts.prefix.match_prefixes import MATCH_PREFIXES
from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import Arrays
from draftproof.properties.inputs.fingerprints import buckets, fingerprints
from draftproof.properties.inputs.flat_trees import END, KEY, LENGTH, PARENT, SECRET, START, TOKENS, TREES
from draftproof.properties.inputs.ragged import RaggedRows
from draftproof.properties.judges.equality import required
from draftproof.reference.prefix import flat_hash

BACKENDS = [
    pytest.param("draftproof.reference", "numpy", id="reference"),
    pytest.param("draftproof.optimized.eager", "cpu", id="eager"),
    pytest.param("draftproof.optimized.triton", "interpreter", id="triton", marks=pytest.mark.interpret),
    *(
        pytest.param(f"draftproof.optimized.{name}", "cuda", id=f"{name}-cuda", marks=pytest.mark.gpu)
        for name in ("eager", "triton", "cupy", "cuda")
    ),
]
PAGES = (1, 3, 16)
SHAPE = {"R": 16, "N": 6000, "M": 120, "C": 4000, "H": 256}


def made(page_size: int, tree: str, tokens: str, *flags: str, **sizes: int) -> tuple[Case, dict[str, Any]]:
    """Return a case and its arguments."""
    shape = {**SHAPE, "page_size": page_size, **sizes}
    options = {"tree": tree, "tokens": tokens, "lengths": "ragged"}
    case = Case("match_prefixes", shape, "int32", options, seed=page_size, flags=frozenset(flags))
    return case, MATCH_PREFIXES.fill(case)


def matched(module: str, device: str, inputs: dict[str, Any], page_size: int) -> Arrays:
    """Match with a backend; how many requests there are is the inputs' own."""
    backend = Backend.load(module, device)
    if backend.unavailable:
        pytest.skip(f"unavailable: {backend.unavailable}")
    subject = backend.function("match_prefixes")
    return subject(inputs, {"page_size": page_size}, {"R": len(inputs["roots"])})


def paths(inputs: dict[str, Any]) -> dict[int, list[np.ndarray]]:
    """Return the tokens from the root to each node's end, by root; empty at the root itself."""
    nodes, edges = inputs["nodes"], inputs["edges"]
    stored: dict[int, list[np.ndarray]] = {}
    for node in range(len(nodes)):
        pieces, top = [edges[:0]], node
        while nodes[top, PARENT] >= 0:
            start, length = nodes[top, [START, LENGTH]]
            pieces.append(edges[start : start + length])
            top = nodes[top, PARENT]
        stored.setdefault(int(top), []).append(np.concatenate(pieces[::-1]))
    return stored


def shared(one: np.ndarray, two: np.ndarray) -> int:
    """Return how many tokens two sequences have in common."""
    shorter = min(len(one), len(two))
    return int(np.cumprod(one[:shorter] == two[:shorter]).sum())


@pytest.mark.parametrize(("module", "device"), BACKENDS)
@pytest.mark.parametrize("tree", TREES)
@pytest.mark.parametrize("tokens", TOKENS)
@pytest.mark.parametrize("page_size", PAGES)
def test_the_length_is_that_of_the_longest_common_prefix_with_any_path(
    module: str, device: str, tree: str, tokens: str, page_size: int
) -> None:
    _, inputs = made(page_size, tree, tokens, "collisions")
    answer = matched(module, device, inputs, page_size)
    stored, offsets = paths(inputs), inputs["offsets"]
    for r, root in enumerate(inputs["roots"].tolist()):
        request = inputs["tokens"][offsets[r] : offsets[r + 1]]
        longest = max(shared(request, path) for path in stored[root])
        assert required(answer, "lengths")[r] == longest // page_size * page_size
    assert (required(answer, "lengths") > page_size).sum() >= 2
    assert not required(answer, "status").any()


@pytest.mark.parametrize(("module", "device"), BACKENDS)
@pytest.mark.parametrize("page_size", PAGES)
def test_prefixes_of_a_request_match_as_much_of_it_as_they_have(
    module: str, device: str, page_size: int
) -> None:
    _, inputs = made(page_size, "bushy", "small")
    lengths = reference.match_prefixes(**inputs, page_size=page_size).lengths
    r = int(np.argmax(lengths))
    begin, end = inputs["offsets"][r : r + 2]
    # A page's borders, and cuts all over the request: an interpreter takes its time for each.
    cuts = np.unique([0, 1, page_size - 1, page_size, *np.linspace(0, end - begin, 12, dtype=int)])
    inputs["tokens"] = np.concatenate([inputs["tokens"][begin : begin + cut] for cut in cuts])
    inputs["offsets"] = np.cumsum([0, *cuts])
    inputs["roots"] = np.full(len(cuts), inputs["roots"][r])
    answer = matched(module, device, inputs, page_size)
    assert lengths[r] > page_size
    wanted = np.minimum(cuts // page_size * page_size, lengths[r])
    assert np.array_equal(required(answer, "lengths"), wanted)


@pytest.mark.parametrize("page_size", PAGES)
def test_the_tables_of_a_match_are_the_pages_along_its_path(page_size: int) -> None:
    case, inputs = made(page_size, "bushy", "small")
    fill = FILL_BLOCK_TABLES.fill(
        Case("fill_block_tables", {**case.shape, "width": 99}, "int32", {**case.options}, seed=1)
    )
    slots = required(fill, "slots")
    match = reference.match_prefixes(**inputs, page_size=page_size)
    tables = reference.fill_block_tables(
        match.nodes, match.lengths, inputs["nodes"], slots, page_size=page_size, width=99
    ).tables
    for row, node, length in zip(tables, match.nodes, match.lengths, strict=True):
        places: list[int] = []
        while inputs["nodes"][node, PARENT] >= 0:
            start, size = inputs["nodes"][node, [START, LENGTH]]
            places[:0] = range(start, start + size, page_size)
            node = inputs["nodes"][node, PARENT]
        pages = slots[places[: length // page_size]][:99] // page_size
        assert np.array_equal(row, np.pad(pages, (0, 99 - len(pages)), constant_values=-1).clip(-1))


@pytest.mark.parametrize("page_size", PAGES)
def test_the_made_trees_are_trees(page_size: int) -> None:
    _, inputs = made(page_size, "bushy", "wide", "collisions")
    nodes, edges, table = inputs["nodes"], inputs["edges"], inputs["table"]
    used = np.flatnonzero(nodes[:, PARENT] >= 0)
    assert len(used) > 20
    assert sorted(table[table >= 0]) == used.tolist()
    pages = edges[nodes[used, START, None] + np.arange(page_size)]
    secrets = nodes[used, SECRET:].astype(np.uint32).astype(np.uint64) @ np.array([1, 2**32], np.uint64)
    assert np.array_equal(fingerprints(pages, secrets).view(np.int32), nodes[used, KEY])
    parents = nodes[used, PARENT]
    assert np.array_equal(nodes[used, SECRET:], nodes[parents, SECRET:])
    assert np.array_equal(nodes[used, END], nodes[used, LENGTH] + nodes[parents, END])
    siblings = [(parent, page.tobytes()) for parent, page in zip(parents, pages, strict=True)]
    assert len(set(siblings)) == len(siblings)
    keys = set(zip(parents.tolist(), nodes[used, KEY].tolist(), strict=True))
    assert (len(keys) < len(used)) == (page_size > 1)
    covered = np.zeros(len(edges), np.int64)
    for start, length in nodes[used][:, [START, LENGTH]]:
        covered[start : start + length] += 1
    assert covered.max() == 1


def test_the_hash_of_arrays_is_the_oracles() -> None:
    rng = np.random.default_rng(3)
    pages = rng.integers(-(2**31), 2**31, (50, 5)).astype(np.int32)
    secrets = rng.integers(0, 2**64, 50, np.uint64)
    pairs = zip(pages.tolist(), secrets.tolist(), strict=True)
    keys = fingerprints(pages, secrets)
    assert keys.tolist() == [flat_hash.fingerprint(page, secret) for page, secret in pairs]
    nodes = rng.integers(0, 2**31, 50)
    pairs = zip(nodes.tolist(), keys.tolist(), strict=True)
    assert buckets(nodes, keys).tolist() == [flat_hash.bucket(*pair) for pair in pairs]


def test_ragged_rows_keep_each_requests_answer() -> None:
    case, inputs = made(4, "bushy", "small", "hostile_offsets", "hostile_roots")
    rows, answer = RaggedRows(), reference.match_prefixes(**inputs, page_size=4)
    assert len(set(answer.status.tolist())) == 4
    order = np.random.default_rng(1).permutation(case.shape["R"])
    taken = reference.match_prefixes(**rows.take(inputs, order), page_size=4)  # type: ignore[arg-type]
    assert all(np.array_equal(new, old[order]) for new, old in zip(taken, answer, strict=True))
    both = reference.match_prefixes(**rows.join(inputs, inputs), page_size=4)  # type: ignore[arg-type]
    assert all(np.array_equal(new, np.tile(old, 2)) for new, old in zip(both, answer, strict=True))


def test_repeated_requests_get_the_same_answer() -> None:
    _, inputs = made(4, "bushy", "small")
    placed: dict[str, Any] = {name: torch.from_numpy(array) for name, array in inputs.items()}
    answer = eager.match_prefixes(**placed, page_size=4)
    many = eager.match_prefixes(**RaggedRows().repeat(placed, 3), page_size=4)
    assert all(torch.equal(new, old.repeat(3)) for new, old in zip(many, answer, strict=True))


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"page_size": 0}, ValueError, "page_size must be an int32 of at least 1, got 0"),
        ({"page_size": 2.0}, TypeError, "page_size must be an integer, got float"),
        (
            {"table": torch.zeros(6, dtype=torch.int32)},
            ValueError,
            r"table must be int32 \[H\], H a power of two, on cpu, got int32 \[6\] on cpu",
        ),
    ],
)
def test_wrong_sizes_are_named(changed: dict[str, Any], error: type[Exception], message: str) -> None:
    _, inputs = made(2, "bushy", "small")
    placed = {name: torch.from_numpy(array) for name, array in inputs.items()}
    with pytest.raises(error, match=f"^match_prefixes: {message}$"):
        eager.match_prefixes(**{**placed, "page_size": 2, **changed})
