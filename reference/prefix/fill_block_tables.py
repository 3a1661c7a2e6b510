"""The pages of matched prefixes, as attention kernels take them."""

import numpy as np

from draftproof.reference.prefix.flat import Column
from draftproof.reference.results import BlockTables
from draftproof.reference.status import Status


def fill_block_tables(
    matched_nodes: np.ndarray,
    matched_lengths: np.ndarray,
    nodes: np.ndarray,
    slots: np.ndarray,
    *,
    page_size: int,
    width: int,
) -> BlockTables:
    """Write each request's pages: entry j is the page of the pool that holds tokens j*P to j*P + P - 1.

    A page's slots are consecutive and begin at a multiple of P (``RadixTree.insert``), so the page is the
    slot of its first token divided by P (block tables: Kwon et al. 2023, arXiv 2309.06180). The
    walk goes from the node up; each row must cover tokens below those already filled, so it ends.

    Parameters
    ----------
    matched_nodes
        int32 [R]: the node in which each match ends, as ``match_prefixes`` returns it; -1 for none.
        Anything else outside [0, M) fills nothing: INVALID_TREE.
    matched_lengths
        int32 [R]: tokens matched. Negative, or not whole pages: rounded down, INVALID_LENGTH.
    nodes, slots
        int32 [M, 8], [C] of a ``FlatTree``. A row that does not describe whole pages inside ``slots``
        which continue downwards what is filled, or a parent outside [0, M), ends the walk: INVALID_TREE.
        A negative slot gives -1: INVALID_TREE.
    page_size
        Tokens per page, P.
    width
        Columns of the result; pages past it are left out.

    Returns
    -------
    BlockTables
        tables int32 [R, width] padded with -1, status int32 [R].

    >>> from draftproof.reference.prefix.flat import flatten
    >>> from draftproof.reference.prefix.radix_tree import RadixTree
    >>> tree = RadixTree(page_size=2)
    >>> _ = tree.insert([7, 8, 9, 9], [10, 11, 4, 5])
    >>> flat, node = flatten(tree), np.array([1])
    >>> fill_block_tables(node, np.array([4]), flat.nodes, flat.slots, page_size=2, width=3).tables
    array([[ 5,  2, -1]], dtype=int32)
    """
    requests = len(matched_nodes)
    tables = np.full((requests, width), -1, dtype=np.int32)
    status = np.zeros(requests, dtype=np.int32)

    for r in range(requests):
        node, length = int(matched_nodes[r]), int(matched_lengths[r])
        flags = Status.OK
        if length < 0 or length % page_size:
            length = max(length, 0) // page_size * page_size
            flags |= Status.INVALID_LENGTH
        if node == -1:
            length = 0
        elif not 0 <= node < len(nodes):
            length = 0
            flags |= Status.INVALID_TREE

        upper = length
        while upper > 0:
            if not 0 <= node < len(nodes) or not _covers(nodes[node], upper, len(slots), page_size):
                flags |= Status.INVALID_TREE
                break
            parent, start, edge, end = (int(column) for column in nodes[node, : Column.KEY])
            begin = end - edge
            for j in range(begin // page_size, min(upper // page_size, width)):
                slot = int(slots[start + j * page_size - begin])
                if slot < 0:
                    flags |= Status.INVALID_TREE
                else:
                    tables[r, j] = slot // page_size
            node, upper = parent, begin
        status[r] = flags
    return BlockTables(tables, status)


def _covers(row: np.ndarray, upper: int, capacity: int, page_size: int) -> bool:
    """Whether a row has whole pages inside ``slots`` that begin below ``upper`` and reach it."""
    start, length, end = int(row[Column.START]), int(row[Column.LENGTH]), int(row[Column.END])
    begin = end - length
    inside = length >= page_size and length % page_size == 0 and 0 <= start <= capacity - length
    return inside and begin % page_size == 0 and 0 <= begin < upper <= end
