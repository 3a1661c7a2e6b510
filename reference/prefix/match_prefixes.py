"""The longest cached prefix of many requests, looked up in a flat tree."""

import numpy as np

from draftproof.reference.prefix.flat import Column
from draftproof.reference.prefix.flat_hash import bucket, fingerprint, secret_of, signed
from draftproof.reference.results import PrefixMatch
from draftproof.reference.status import Status


def match_prefixes(
    tokens: np.ndarray,
    offsets: np.ndarray,
    roots: np.ndarray,
    table: np.ndarray,
    nodes: np.ndarray,
    edges: np.ndarray,
    *,
    page_size: int,
) -> PrefixMatch:
    """Match every request as far as the tree holds its whole pages; the tree stays as it is.

    From a node, the child whose edge begins with the request's next page is found by its hash, under the
    secret that the request's root carries, and confirmed by comparing the page; then the rest of the edge
    is compared (``RadixTree.match``, of Zheng et al. 2024, arXiv 2312.07104, without the split). No two
    children begin with the same page, so the answer does not depend on the table's order. Every level
    consumes a page of the request: however the arrays are linked, the walk ends.

    Parameters
    ----------
    tokens
        int32 [N], the requests one after the other.
    offsets
        int64 [R+1]: request r is tokens[offsets[r]:offsets[r+1]]. One that is not inside tokens, or ends
        before it begins, counts as empty: INVALID_LENGTH.
    roots
        int32 [R]: the row of each request's root. One outside [0, M) matches nothing, and its node is
        -1: INVALID_TREE.
    table, nodes, edges
        int32 [H], [M, 8], [C] of a ``FlatTree``. An entry of the table outside [-1, M), or whose row
        does not describe whole pages inside ``edges``, is passed over: INVALID_TREE.
    page_size
        Tokens per page.

    Returns
    -------
    PrefixMatch
        lengths int32 [R], nodes int32 [R], status int32 [R].

    >>> from draftproof.reference.prefix.flat import flatten
    >>> from draftproof.reference.prefix.radix_tree import RadixTree
    >>> tree = RadixTree()
    >>> _ = tree.insert([7, 8, 9], [0, 1, 2])
    >>> nodes, edges, slots, table = flatten(tree)
    >>> requests, roots = np.array([7, 8, 9, 9, 7, 8, 5]), np.array([0, 0])
    >>> match_prefixes(requests, np.array([0, 4, 7]), roots, table, nodes, edges, page_size=1).lengths
    array([3, 2], dtype=int32)
    """
    requests = len(roots)
    lengths = np.zeros(requests, dtype=np.int32)
    last = np.full(requests, -1, dtype=np.int32)
    status = np.zeros(requests, dtype=np.int32)

    for r in range(requests):
        begin, end = int(offsets[r]), int(offsets[r + 1])
        flags = Status.OK
        if not 0 <= begin <= end <= len(tokens):
            begin = end = 0
            flags |= Status.INVALID_LENGTH
        node = int(roots[r])
        if not 0 <= node < len(nodes):
            status[r] = flags | Status.INVALID_TREE
            continue
        secret = secret_of(nodes[node])
        rest = tokens[begin : begin + (end - begin) // page_size * page_size]
        while len(rest):
            child, seen = _child(node, rest[:page_size], secret, table, nodes, edges)
            flags |= seen
            if child < 0:
                break
            start, length = int(nodes[child, Column.START]), int(nodes[child, Column.LENGTH])
            common = _common(edges[start : start + length], rest) // page_size * page_size
            lengths[r] += common
            node, rest = child, rest[common:]
            if common < length:
                break
        last[r], status[r] = node, flags
    return PrefixMatch(lengths, last, status)


def _child(
    node: int, page: np.ndarray, secret: int, table: np.ndarray, nodes: np.ndarray, edges: np.ndarray
) -> tuple[int, Status]:
    """Return the child of a node whose edge begins with a page, or -1, and what was wrong on the way."""
    flags = Status.OK
    key = signed(fingerprint(page.tolist(), secret))
    first = bucket(node, key)
    for i in range(len(table)):
        child = int(table[(first + i) & (len(table) - 1)])
        if child == -1:
            break
        if not _well_formed(child, nodes, edges, len(page)):
            flags |= Status.INVALID_TREE
            continue
        start = int(nodes[child, Column.START])
        same = nodes[child, Column.PARENT] == node and nodes[child, Column.KEY] == key
        if same and (edges[start : start + len(page)] == page).all():
            return child, flags
    return -1, flags


def _well_formed(node: int, nodes: np.ndarray, edges: np.ndarray, page_size: int) -> bool:
    """Whether a node has a row, and the row an edge of whole pages."""
    if not 0 <= node < len(nodes):
        return False
    start, length = int(nodes[node, Column.START]), int(nodes[node, Column.LENGTH])
    return length >= page_size and length % page_size == 0 and 0 <= start <= len(edges) - length


def _common(edge: np.ndarray, rest: np.ndarray) -> int:
    """Return how many tokens two sequences have in common from their beginning on."""
    shorter = min(len(edge), len(rest))
    different = np.flatnonzero(edge[:shorter] != rest[:shorter])
    return int(different[0]) if len(different) else shorter
