"""Inputs of the device operations on a flat prefix tree."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import Arrays
from draftproof.properties.inputs.fingerprints import buckets, collided
from draftproof.properties.inputs.flat_trees import (
    END,
    INT32,
    KEY,
    LARGE,
    LENGTH,
    PARENT,
    START,
    FlatTree,
    drawn_tokens,
    flat_slots,
    flat_tree,
)

MATCH_FLAGS = ("collisions", "full_table", "hostile_offsets", "hostile_roots", "hostile_tree")
FILL_FLAGS = ("hostile_lengths", "hostile_nodes", "hostile_tree")

ENDINGS = ("whole", "cut", "beyond", "changed", "late", "late", "between", "between", "first wrong", "empty")
"""How a request relates to the path of a node.

"changed" is wrong in one token anywhere; "late" in one of the last pages: in their first token, their
second half or their last; "between" in a page after the first and before the last, alone.
"""

LATE = ("whole", "beyond", "changed", "late", "late", "between", "between")
"""Those that follow a path for long."""

RAGGED_TOKENS = 2**17
"""The most that a request of ragged length takes from the path of a node, and adds to it."""

FULL_PAGES = 16
"""Pages that a request has on average, if need be at the cost of other requests, which have next to none."""

BESIDE = 4096
"""Tokens that are left for the others beside a request that takes all that it can."""

WRAPPED = 4
"""Requests, at most, for nodes whose probing wraps around the table, if there are any."""

CORRUPTED = 0.15
"""The share of rows and of table entries that a hostile tree spoils."""


def match_prefixes(case: Case) -> Arrays:
    """Return the arguments of ``match_prefixes``.

    Options: tree (how nodes hang on each other), tokens (how many values there are), lengths
    ("ragged": every request ends in its own way; "full": N // R tokens each, as far as the tree goes
    cached ones). All sizes are the shape's: what a case has less of is padding.
    """
    rng = np.random.default_rng(case.seed)
    tree = flat_tree(rng, case.shape, case.options["tree"], case.options["tokens"], case.flags)
    parents, wrapped = tree.parents(), _wrapped(tree)
    cycle: list[int] = []
    if "hostile_tree" in case.flags:
        cycle = corrupt(rng, tree, case.shape["page_size"])
    R, N = case.shape["R"], case.shape["N"]
    tokens = drawn_tokens(rng, case.options["tokens"], N)
    offsets = np.zeros(R + 1, np.int64)
    roots = np.zeros(R, np.int32)
    full = case.options["lengths"] == "full"
    chosen = _chosen(rng, tree, R, N // max(R, 1) if full else 0)
    if len(wrapped) and len(chosen):
        chosen[rng.integers(R, size=WRAPPED)] = rng.choice(wrapped, WRAPPED)
    longest, beside = _longest(rng, tree, chosen, N)
    talking = rng.permutation(R) < max(1, N // (FULL_PAGES * case.shape["page_size"]))
    offsets[0] = 0 if full else rng.integers(0, beside // 8 + 1)
    for r in range(R):
        begin, room = int(offsets[r]), N - int(offsets[r])
        path, roots[r] = _path(tree, parents, int(chosen[r]), rng)
        secret = tree.secret(roots[r]) if roots[r] < len(tree.nodes) else 0
        if cycle and rng.random() < 0.5:
            path, roots[r] = _around(tree, cycle, room), cycle[0]
        if full:
            request = path[: N // R]
            tokens[begin : begin + len(request)] = request
            offsets[r + 1] = begin + N // R
        else:
            share = min(room, RAGGED_TOKENS, int(rng.integers(2 * room // max(talking[r:].sum(), 1) + 1)))
            if not talking[r]:
                share = min(room, case.shape["page_size"]) * int(rng.random() < 0.1)
            if longest >= 0:
                share = max(room - beside, 0) if r == longest else min(share, beside // min(R, 16))
            request = _ended(rng, path, share, case, secret, LATE if r == longest else ENDINGS)
            tokens[begin : begin + len(request)] = request
            offsets[r + 1] = begin + len(request)
    if "hostile_offsets" in case.flags:
        extremes = [-1, -(2**63), 2**63 - 1, N + 1, 2**31, -(2**31)]
        offsets = _spoiled(rng, offsets, [*extremes, int(rng.integers(N + 1))], 0.3)
    if "hostile_roots" in case.flags:
        wrong = [-1, INT32.min, INT32.max, len(tree.nodes), int(rng.integers(len(tree.nodes) + 1))]
        roots = _spoiled(rng, roots, wrong, 0.5)
    return {
        "tokens": tokens,
        "offsets": offsets,
        "roots": roots,
        "table": tree.table,
        "nodes": tree.nodes,
        "edges": tree.edges,
    }


def fill_block_tables(case: Case) -> Arrays:
    """Return the arguments of ``fill_block_tables``: matches that end at every kind of place."""
    rng = np.random.default_rng(case.seed)
    P, M = case.shape["page_size"], case.shape["M"]
    shape = {**case.shape, "H": 1 << (2 * M + 1).bit_length()}
    tree = flat_tree(rng, shape, case.options["tree"], "wide", frozenset())
    slots = flat_slots(rng, tree, P)
    R = case.shape["R"]
    wanted = case.shape["width"] * P if case.options["lengths"] == "full" else 0
    matched = _chosen(rng, tree, R, wanted).astype(np.int32)
    matched[matched >= M] = -1
    lengths = np.zeros(R, np.int32)
    for r in range(R):
        row = tree.nodes[matched[r]] if matched[r] >= 0 else np.zeros(8, np.int32)
        pages = row[LENGTH] // P
        lengths[r] = row[END]
        if not wanted and pages:
            lengths[r] -= P * rng.choice([0, rng.integers(pages), pages - 1])
    if not wanted:
        unmatched = rng.random(R) < 0.1
        matched[unmatched], lengths[unmatched] = rng.choice([-1, 0]), 0
    if "hostile_tree" in case.flags:
        corrupt(rng, tree, P)
        slots[rng.random(len(slots)) < 0.02] = rng.choice([-1, INT32.min])
    if "hostile_nodes" in case.flags:
        matched = _spoiled(rng, matched, [-1, -2, INT32.min, INT32.max, M, int(rng.integers(M))], 0.5)
    if "hostile_lengths" in case.flags:
        wrong = [-1, -P, INT32.min, INT32.max, INT32.max // P * P, int(rng.integers(1, 4 * P + 1))]
        lengths = _spoiled(rng, lengths, wrong, 0.3)
        lengths += (rng.random(R) < 0.3) & (lengths < INT32.max)
    return {"matched_nodes": matched, "matched_lengths": lengths, "nodes": tree.nodes, "slots": slots}


def corrupt(rng: np.random.Generator, tree: FlatTree, page_size: int) -> list[int]:
    """Spoil rows and table entries in place; return two nodes made each other's child, if there are two."""
    M, H = len(tree.nodes), len(tree.table)
    for row in np.flatnonzero(rng.random(M) < CORRUPTED):
        other, column = int(rng.integers(M)), int(rng.integers(8))
        values = [-1, 0, 1, page_size, M, len(tree.edges), int(INT32.min), int(INT32.max), other]
        near = _near(tree, row, page_size).get(column)
        tree.nodes[row, column] = rng.choice(near if near and rng.random() < 0.7 else values)
    spoiled = rng.random(H) < CORRUPTED
    tree.table[spoiled] = rng.choice([-2, M, INT32.min, INT32.max, *rng.integers(0, M, 4)], spoiled.sum())
    if len(tree.ids) < 2:
        return []
    # Of one namespace, if it has two: under another's secret nobody would come round.
    one, *others = rng.permutation(tree.ids).tolist()
    two = next((other for other in others if tree.secret(other) == tree.secret(one)), others[0])
    for child, parent in ((one, two), (two, one)):
        tree.nodes[child, PARENT] = parent
        place = buckets(np.array([parent]), tree.nodes[[child], KEY].view(np.uint32)) & np.uint32(H - 1)
        tree.table[place] = child
    return [one, two]


def _near(tree: FlatTree, row: int, page_size: int) -> dict[int, list[int]]:
    """Return, by column, what is wrong by a token or a page: edges that begin or end just outside."""
    length, end, C = int(tree.nodes[row, LENGTH]), int(tree.nodes[row, END]), len(tree.edges)
    return {
        PARENT: [-1, row, len(tree.nodes)],
        START: [-1, C - length + 1, C - length + page_size],
        LENGTH: [0, length - 1, length + 1, length + page_size],
        END: [length - 1, length - page_size, length + 1, end + 1, end - page_size],
    }


def _chosen(rng: np.random.Generator, tree: FlatTree, count: int, least: int) -> np.ndarray:
    """Return nodes that end at ``least`` tokens or beyond, if any do; different ones, if enough do."""
    deep = tree.ids[tree.nodes[tree.ids, END] >= least]
    candidates = next((ids for ids in (deep, tree.ids, tree.roots) if len(ids)), np.array([len(tree.nodes)]))
    if least and len(candidates) >= count:
        return rng.permutation(candidates)[:count]
    return rng.choice(candidates, count)


def _wrapped(tree: FlatTree) -> np.ndarray:
    """Return the nodes whose probing begins near the table's end, and finds them at its beginning."""
    keys = tree.nodes[tree.ids, KEY].view(np.uint32)
    homes = buckets(tree.nodes[tree.ids, PARENT], keys) & np.uint32(len(tree.table) - 1)
    places = np.full(len(tree.nodes), len(tree.table))
    taken = np.flatnonzero(tree.table >= 0)
    places[tree.table[taken]] = taken
    wrapped: np.ndarray = tree.ids[places[tree.ids] < homes]
    return wrapped


def _longest(rng: np.random.Generator, tree: FlatTree, chosen: np.ndarray, N: int) -> tuple[int, int]:
    """Let one request follow the longest path, in half of the trees; return which, and the others' share."""
    if not len(chosen) or not len(tree.ids) or (N < LARGE and rng.random() < 0.5):
        return -1, N
    longest = int(rng.integers(len(chosen)))
    ends = tree.nodes[tree.ids, END]
    # In a chain the last node is the deepest; where paths are of many lengths, the longest is wanted.
    chosen[longest] = tree.ids[np.argmax(ends)] if rng.random() < 0.7 else rng.choice(tree.ids)
    return longest, min(BESIDE, N // 4)


def _path(
    tree: FlatTree, parents: Mapping[int, int], node: int, rng: np.random.Generator
) -> tuple[np.ndarray, int]:
    """Return a node's tokens and its root, now and then another namespace's."""
    path = tree.path(node, parents) if node < len(tree.nodes) else np.empty(0, np.int32)
    root = node
    while root in parents:
        root = parents[root]
    if len(tree.roots) > 1 and rng.random() < 0.1:
        root = int(rng.choice(tree.roots))
    return path, root


def _around(tree: FlatTree, cycle: list[int], room: int) -> np.ndarray:
    """Return the tokens of a walk from the first node of a cycle on, twice around."""
    rows = tree.nodes[[*cycle[1:], *cycle[:1]] * 2].astype(np.int64)
    edges = [tree.edges[max(row[START], 0) : max(row[START] + row[LENGTH], 0)] for row in rows]
    walk: np.ndarray = np.concatenate(edges)
    return walk[:room]


def _ended(
    rng: np.random.Generator, path: np.ndarray, room: int, case: Case, secret: int, endings: tuple[str, ...]
) -> np.ndarray:
    """Return a request that follows a path for a while, at most ``room`` tokens long."""
    P, kind = case.shape["page_size"], str(rng.choice(endings))
    tail = drawn_tokens(rng, case.options["tokens"], int(rng.integers(1, 3 * P + 1)))
    if kind == "empty":
        path = path[:0]
    if kind == "cut":
        path = path[: rng.integers(len(path) + 1)]
    # The place of a wrong token must be one that is left.
    request: np.ndarray = np.concatenate([path, tail] if kind == "beyond" else [path])[:room]
    if kind in ("changed", "late", "between", "first wrong") and len(request):
        place = _wrong(rng, kind, len(request), P)
        request[place] ^= np.int32(1 << rng.integers(0, 31))
        page = request[place // P * P :][:P]
        if "collisions" in case.flags and 1 < P == len(page):
            page[:] = collided(rng, page, secret)
    return request


def _wrong(rng: np.random.Generator, kind: str, length: int, page_size: int) -> int:
    """Return the place of the token in which a request of ``length`` tokens leaves its path."""
    pages = length // page_size
    inside = int(rng.choice([0, page_size - 1, int(rng.integers(page_size // 2, page_size))]))
    if kind == "late" and pages:
        return (pages - 1 - int(rng.integers(min(pages, 3)))) * page_size + inside
    if kind == "between" and pages > 2:
        return int(rng.integers(1, pages - 1)) * page_size + inside
    return 0 if kind == "first wrong" else int(rng.integers(length))


def _spoiled(rng: np.random.Generator, values: np.ndarray, wrong: list[Any], share: float) -> np.ndarray:
    """Return the values with a share of them replaced by wrong ones."""
    chosen = np.array(wrong, np.int64)[rng.integers(0, len(wrong), len(values))]
    return np.where(rng.random(len(values)) < share, chosen, values).astype(values.dtype)
