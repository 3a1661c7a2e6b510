"""Matching of cached prefixes, CUDA C++."""

import torch

from draftproof.optimized.cuda.library import Entry, Flag, Number, Pointer, index_of
from draftproof.optimized.cuda.prefix import shape
from draftproof.optimized.cuda.prefix.rows import rows_of
from draftproof.optimized.results import PrefixMatch
from draftproof.optimized.signatures.implement import implements

ENTRY = Entry(
    "prefix/match_prefixes",
    "draftproof_match_prefixes",
    *(Pointer, Number, Pointer, Pointer),  # tokens, N, offsets, roots
    *(Pointer, Number, Pointer, Number, Pointer, Number),  # table, nodes, edges, each with its size
    *(Pointer, Pointer, Pointer),  # lengths, nodes, status
    *(Number, Flag),  # R, page_size
    *(Flag, Flag, Flag, Flag),  # shape.Match
)


@implements
def match_prefixes(
    tokens: torch.Tensor,
    offsets: torch.Tensor,
    roots: torch.Tensor,
    table: torch.Tensor,
    nodes: torch.Tensor,
    edges: torch.Tensor,
    page_size: int,
    out: PrefixMatch,
    R: int,
    N: int,
    H: int,
    M: int,
    C: int,
) -> None:
    """Return the longest cached prefix of each request, and the node where it ends.

    tokens int32 [N], of which request r is offsets[r] to offsets[r+1], offsets int64 [R+1], roots int32
    [R]; the flat tree's table int32 [H], nodes int32 [M, 8], edges int32 [C]. ``check`` raises on a status
    bit.
    """
    if R > 0:
        tokens, offsets, table, edges = (each.contiguous() for each in (tokens, offsets, table, edges))
        rows = rows_of(nodes)
        ENTRY(
            roots.device,
            *(tokens, N, offsets, roots.contiguous()),
            *(table, H, rows, M, edges, C),
            *out,
            *(R, page_size),
            *shape.match(R, N, table.nbytes + rows.nbytes, index_of(roots.device)),
        )
