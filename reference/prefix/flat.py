"""The radix tree as four arrays, which is how a device holds it."""

from enum import IntEnum
from typing import NamedTuple

import numpy as np

from draftproof.reference.prefix.flat_hash import WORD, bucket, fingerprint, signed
from draftproof.reference.prefix.radix_tree import RadixTree


class Column(IntEnum):
    """What the columns of a node's row hold; the secret stands in every live row, a free one has zeros."""

    PARENT = 0
    """The parent's row; -1 for a root and for a free row."""
    START = 1
    """Where the node's edge begins in ``edges`` and its slots in ``slots``."""
    LENGTH = 2
    """Tokens of the edge."""
    END = 3
    """Tokens from the root to the node's end."""
    KEY = 4
    """Fingerprint of the edge's first page, as int32."""
    BORN = 5
    """The low 31 bits of the epoch that created the node, or last cut it."""
    SECRET_LOW = 6
    """The low word, as int32, of the secret under which the tree's pages are hashed."""
    SECRET_HIGH = 7
    """The high word."""


ROW = 8
"""Columns of a row: 32 bytes, one sector of memory."""


class FlatTree(NamedTuple):
    """A tree that can be matched without following pointers."""

    nodes: np.ndarray
    """int32 [M, 8]: one row per node id, see ``Column``."""
    edges: np.ndarray
    """int32 [C]: the tokens of all edges."""
    slots: np.ndarray
    """int32 [C]: the slots of those tokens; -1 where there is no token."""
    table: np.ndarray
    """int32 [H], H a power of two: ids of children by ``bucket``, linear probing; -1 is free."""


def flatten(
    tree: RadixTree,
    node_capacity: int | None = None,
    edge_capacity: int | None = None,
    table_capacity: int | None = None,
    secret: int = 0,
) -> FlatTree:
    """Return the flat form of a tree as it is now.

    Parameters
    ----------
    tree
        The tree; it stays as it is.
    node_capacity, edge_capacity, table_capacity
        M, C and H where they are to be larger than needed. By default M is one more than the largest id,
        C the number of cached tokens, H the least power of two that leaves half of the table free.
    secret
        64 bits under which pages are hashed. A cache that strangers fill draws it at random.

    Returns
    -------
    FlatTree
        The edges lie in the order of the nodes' ids.

    Raises
    ------
    ValueError
        If a capacity is too small, or ``table_capacity`` is no power of two.

    >>> tree = RadixTree()
    >>> _ = tree.insert([7, 8], [0, 1]), tree.insert([7, 9], [2, 3])
    >>> flat = flatten(tree)
    >>> flat.nodes[:, :4].tolist()  # the root, [8], [7], [9]: a split gives the upper half the new id
    [[-1, 0, 0, 0], [2, 0, 1, 2], [0, 1, 1, 1], [2, 2, 1, 2]]
    >>> flat.edges.tolist(), flat.slots.tolist()
    ([8, 7, 9], [1, 0, 3])
    """
    live = list(tree.walk())
    children = [(node, row) for node, row in live if row.parent >= 0]
    least = 1
    while least < 2 * len(children):
        least *= 2
    M = _capacity("node_capacity", node_capacity, live[-1][0] + 1, None)
    C = _capacity("edge_capacity", edge_capacity, tree.cached, None)
    H = _capacity("table_capacity", table_capacity, max(len(children), 1), least)
    if H & (H - 1):
        raise ValueError(f"flatten: table_capacity must be a power of two, got {H}")

    nodes = np.zeros((M, ROW), dtype=np.int32)
    nodes[:, Column.PARENT] = -1
    edges = np.zeros(C, dtype=np.int32)
    slots = np.full(C, -1, dtype=np.int32)
    table = np.full(H, -1, dtype=np.int32)
    for node, row in live:
        nodes[node, Column.BORN] = row.born & 0x7FFFFFFF
        nodes[node, Column.SECRET_LOW :] = signed(secret & WORD), signed(secret >> 32)

    start = 0
    for node, row in children:
        key = signed(fingerprint(row.edge[: tree.page_size], secret))
        nodes[node, : Column.BORN] = row.parent, start, len(row.edge), row.end, key
        edges[start : start + len(row.edge)] = row.edge
        slots[start : start + len(row.edge)] = row.slots
        start += len(row.edge)
        place = bucket(row.parent, key) & (H - 1)
        while table[place] >= 0:
            place = (place + 1) & (H - 1)
        table[place] = node
    return FlatTree(nodes, edges, slots, table)


def _capacity(name: str, given: int | None, needed: int, default: int | None) -> int:
    """Return the capacity asked for, or else the default, or else what is needed."""
    if given is None:
        return needed if default is None else default
    if given < needed:
        raise ValueError(f"flatten: {name} must be at least {needed}, got {given}")
    return given
