"""Random prefix trees, made directly in the arrays in which a device sees them.

Ten million tokens take about a second: tokens are drawn for all edges at once, and only what depends
on earlier nodes (a parent, a first page unlike the siblings') is settled node by node.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from draftproof.properties.inputs.fingerprints import buckets, collided, fingerprints

PARENT, START, LENGTH, END, KEY, BORN, SECRET = range(7)
INT32, LOW = np.iinfo(np.int32), 2**32 - 1
TREES = ("bushy", "deep", "flat")
TOKENS = ("small", "wide")
ATTEMPTS = 8
CANDIDATES = 256
LARGE = 2**17
"""Tokens from which on the first edge is a trunk: longer than what 16 bits count."""
MOVED = 1 / 3
"""The share of trees whose first row is any node, not a root."""
HIGH = 1 / 3
"""The share of trees whose slots lie at the end of int32."""


class FlatTree(NamedTuple):
    """A flat tree, and what its makers know of it."""

    nodes: np.ndarray
    """int32 [M, 8]."""
    edges: np.ndarray
    """int32 [C]."""
    table: np.ndarray
    """int32 [H]."""
    roots: np.ndarray
    """int64: ids of the namespaces' roots."""
    ids: np.ndarray
    """int64: ids of the nodes with edges, parents first."""

    def path(self, node: int, parents: Mapping[int, int]) -> np.ndarray:
        """Return the tokens from the root to a node's end."""
        pieces = []
        while node in parents:
            start, length = self.nodes[node, [START, LENGTH]].tolist()
            pieces.append(self.edges[start : start + length])
            node = parents[node]
        return np.concatenate([*pieces[::-1], np.empty(0, np.int32)])

    def secret(self, node: int) -> int:
        """Return the secret of a node's tree."""
        low, high = self.nodes[node, SECRET:].view(np.uint32).tolist()
        return int(high << 32 | low)

    def parents(self) -> dict[int, int]:
        """Return the parent of each node with an edge."""
        return dict(zip(self.ids.tolist(), self.nodes[self.ids, PARENT].tolist(), strict=True))


def drawn_tokens(rng: np.random.Generator, kind: str, count: int) -> np.ndarray:
    """Return int32 tokens: of three values, or of all there are with the extremes among them."""
    if kind == "small":
        return rng.integers(0, 3, count, np.int32)
    tokens = rng.integers(INT32.min, INT32.max, count, np.int32, endpoint=True)
    extremes = np.array([INT32.min, -1, 0, INT32.max], np.int32)
    places = rng.integers(0, max(count, 1), count // 16)
    tokens[places] = rng.choice(extremes, len(places))
    return tokens


def flat_tree(
    rng: np.random.Generator, shape: Mapping[str, int], kind: str, tokens: str, flags: frozenset[str]
) -> FlatTree:
    """Return a tree in arrays of the sizes M, C and H with pages of ``page_size``, as full as they allow.

    Each namespace is a tree of its own, with a secret of its own. ``kind`` is one of TREES, ``tokens`` of
    TOKENS. Flags: "collisions" (siblings share fingerprints or
    probe sequences), "full_table" (no entry is free, if there are nodes enough). ValueError if H is no
    power of two: probing would never come round.
    """
    M, C, H, P = (shape[axis] for axis in ("M", "C", "H", "page_size"))
    if H.bit_count() != 1:
        raise ValueError(f"H must be a power of two, got {H}")
    namespaces = min((M + 1) // 2, int(rng.integers(1, 4)))
    count = max(0, min(M - namespaces, C // P, H if "full_table" in flags else max(H - 1 - H // 5, 1)))
    ids = rng.permutation(np.arange(1, M))[: namespaces - 1 + count]
    ids = np.concatenate([np.zeros(min(M, 1), np.int64), ids])
    if rng.random() < MOVED:
        ids = rng.permutation(M)[: len(ids)]
    lengths = _lengths(rng, count, C // P, C >= LARGE, kind == "deep") * P
    firsts = np.concatenate([[0], np.cumsum(lengths)])
    stream = drawn_tokens(rng, tokens, int(firsts[-1]))
    parents = _parents(rng, kind, namespaces, count)
    secrets = rng.integers(0, 2**64, namespaces, np.uint64)
    kept, trees = _settle(rng, stream, firsts[:-1], parents, ids, secrets, shape, flags)

    edges = drawn_tokens(rng, tokens, C)
    starts = _scattered(rng, lengths[kept], C)
    own = np.repeat(firsts[:-1][kept] - _begins(lengths[kept]), lengths[kept])
    places = np.arange(len(own))
    edges[np.repeat(starts - _begins(lengths[kept]), lengths[kept]) + places] = stream[own + places]

    nodes = np.zeros((M, 8), np.int32)
    nodes[:, PARENT] = -1
    ends = np.zeros(namespaces + count, np.int64)
    for i in kept.tolist():
        ends[namespaces + i] = ends[parents[i]] + lengths[i]
    chosen = ids[namespaces:][kept]
    keys = fingerprints(stream[firsts[:-1][kept][:, None] + np.arange(P)], secrets[trees[namespaces:][kept]])
    nodes[chosen, PARENT] = ids[parents[kept]]
    nodes[chosen, START], nodes[chosen, LENGTH] = starts, lengths[kept]
    nodes[chosen, END], nodes[chosen, KEY] = ends[namespaces:][kept], keys.view(np.int32)
    nodes[chosen, BORN] = rng.integers(0, 2**31, len(chosen))
    for tree, secret in enumerate(secrets):
        live = np.concatenate([ids[[tree]], chosen[trees[namespaces:][kept] == tree]])
        nodes[live, SECRET:] = np.array([int(secret) & LOW, int(secret) >> 32], np.uint32).view(np.int32)
    table = _probed(rng, chosen, buckets(nodes[chosen, PARENT], keys), H)
    return FlatTree(nodes, edges, table, ids[:namespaces], chosen)


def flat_slots(rng: np.random.Generator, tree: FlatTree, page_size: int) -> np.ndarray:
    """Return int32 [C]: for every page of an edge a page of slots that no other has.

    In one tree of three the pages are the last that int32 can name.
    """
    lengths = tree.nodes[tree.ids, LENGTH].astype(np.int64)
    places = np.repeat(tree.nodes[tree.ids, START] - _begins(lengths), lengths) + np.arange(lengths.sum())
    room = len(tree.edges) // page_size + 5
    pages = rng.permutation(room)[: len(places) // page_size]
    if rng.random() < HIGH:
        pages += 2**31 // page_size - room
    slots = rng.integers(-1, 2**31, len(tree.edges), np.int64).astype(np.int32)
    slots[places] = (pages[:, None] * page_size + np.arange(page_size)).reshape(-1)
    return slots


def _begins(lengths: np.ndarray) -> np.ndarray:
    """Return where each of a row of pieces begins."""
    begins: np.ndarray = np.cumsum(lengths) - lengths
    return begins


def _lengths(rng: np.random.Generator, count: int, pages: int, trunk: bool, deep: bool) -> np.ndarray:
    """Return the pages of each edge: many have one, a few most of what there is; a trunk a half of it.

    In a deep tree the long ones come last: a request of a few hundred pages gets down to them.
    """
    if trunk and count:
        half = (pages - count) // 2
        return np.concatenate([[half + 1], _lengths(rng, count - 1, pages - half - 1, False, deep)])
    weights = rng.exponential(size=count) * (rng.random(count) < 0.8)
    if deep:
        weights[: count * 9 // 10] = 0
    spare = (pages - count) * weights / max(weights.sum(), 1e-9)
    pages_of: np.ndarray = 1 + spare.astype(np.int64)
    return pages_of


def _parents(rng: np.random.Generator, kind: str, namespaces: int, count: int) -> np.ndarray:
    """Return each node's parent among the roots (0 .. namespaces-1) and the nodes before it."""
    before = namespaces + np.arange(count)
    if kind == "deep":
        parents: np.ndarray = np.maximum(before - rng.geometric(0.9, count), 0)
    else:
        choices = np.minimum(before, namespaces + 3) if kind == "flat" else before
        parents = (rng.random(count) * choices).astype(np.int64)
    return parents


def _settle(
    rng: np.random.Generator,
    stream: np.ndarray,
    firsts: np.ndarray,
    parents: np.ndarray,
    ids: np.ndarray,
    secrets: np.ndarray,
    shape: Mapping[str, int],
    flags: frozenset[str],
) -> tuple[np.ndarray, np.ndarray]:
    """Give siblings different first pages, at another parent if need be.

    Return which nodes are kept, and the namespace of each root and node.
    """
    P, H, namespaces = shape["page_size"], shape["H"], len(secrets)
    trees = [*range(namespaces), *[0] * len(parents)]
    children: dict[int, list[np.ndarray]] = {}
    seen: set[tuple[int, bytes]] = set()
    kept = []
    alive = [True] * namespaces + [False] * len(parents)
    for i, first in enumerate(firsts.tolist()):
        page = stream[first : first + P]
        for _ in range(ATTEMPTS):
            parent = int(parents[i])
            siblings, secret = children.setdefault(parent, []), int(secrets[trees[parent]])
            if siblings and P > 1 and rng.random() < 0.5:
                page[:] = siblings[rng.integers(len(siblings))]
                if "collisions" in flags:
                    page[:] = collided(rng, page, secret)
                else:
                    page[rng.integers(P)] ^= np.int32(1 << rng.integers(0, 31))
            elif "collisions" in flags:
                page[-1] = _crowded(rng, page, int(ids[parent]), H, secret)
            if alive[parent] and (parent, page.tobytes()) not in seen:
                siblings.append(page)
                seen.add((parent, page.tobytes()))
                alive[namespaces + i], trees[namespaces + i] = True, trees[parent]
                kept.append(i)
                break
            parents[i] = rng.integers(namespaces + i)
    return np.array(kept, np.int64), np.array(trees, np.int64)


def _crowded(rng: np.random.Generator, page: np.ndarray, parent: int, H: int, secret: int) -> np.int32:
    """Return a last token with which the page's probing begins early in the table, as its siblings' does."""
    pages = np.repeat(page[None], CANDIDATES, 0)
    pages[:, -1] = drawn_tokens(rng, "wide", CANDIDATES)
    begins = buckets(np.full(CANDIDATES, parent), fingerprints(pages, secret)) & np.uint32(H - 1)
    last: np.int32 = pages[np.argmin(begins), -1]
    return last


def _scattered(rng: np.random.Generator, lengths: np.ndarray, room: int) -> np.ndarray:
    """Return where each edge starts: in any order, with gaps as the room allows."""
    order = rng.permutation(len(lengths))
    gaps = np.sort(rng.integers(0, room - lengths.sum() + 1, len(lengths)))
    starts = np.empty(len(lengths), np.int64)
    starts[order] = _begins(lengths[order]) + gaps
    return starts


def _probed(rng: np.random.Generator, ids: np.ndarray, hashes: np.ndarray, H: int) -> np.ndarray:
    """Return the table after inserting the ids in random order."""
    table = [-1] * H
    order = rng.permutation(len(ids))
    for node, place in zip(ids[order].tolist(), (hashes[order] & np.uint32(H - 1)).tolist(), strict=True):
        while table[place] != -1:
            place = (place + 1) & (H - 1)
        table[place] = node
    return np.array(table, np.int32)
