"""Operations of prefix for the package's top: written by generate.py."""

from typing import Annotated

import torch

from draftproof.optimized.dispatch import Backend, call
from draftproof.optimized.results import BlockTables, PrefixMatch


def fill_block_tables(
    matched_nodes: Annotated[torch.Tensor, "int32 [R]"],
    matched_lengths: Annotated[torch.Tensor, "int32 [R]"],
    nodes: Annotated[torch.Tensor, "int32 [M, 8]"],
    slots: Annotated[torch.Tensor, "int32 [C]"],
    *,
    page_size: Annotated[int, "int32 >= 1"],
    width: Annotated[int, "int32 >= 0"],
    check: bool = False,
    backend: Backend | None = None,
) -> BlockTables:
    """Write the pages of each matched prefix, at most ``width`` of them, then -1.

    matched_nodes and matched_lengths as ``match_prefixes`` gives them. ``check`` raises on a status bit.
    """
    outcome: BlockTables = call(
        "fill_block_tables",
        backend,
        matched_nodes,
        matched_lengths,
        nodes,
        slots,
        page_size=page_size,
        width=width,
        check=check,
    )
    return outcome


def match_prefixes(
    tokens: Annotated[torch.Tensor, "int32 [N]"],
    offsets: Annotated[torch.Tensor, "int64 [R+1]"],
    roots: Annotated[torch.Tensor, "int32 [R]"],
    table: Annotated[torch.Tensor, "int32 [H], H a power of two"],
    nodes: Annotated[torch.Tensor, "int32 [M, 8]"],
    edges: Annotated[torch.Tensor, "int32 [C]"],
    *,
    page_size: Annotated[int, "int32 >= 1"],
    check: bool = False,
    backend: Backend | None = None,
) -> PrefixMatch:
    """Find the longest cached prefix, in whole pages, of each request.

    Request r is tokens[offsets[r]:offsets[r+1]], looked for under the node roots[r]. ``check`` raises on a
    status bit.
    """
    outcome: PrefixMatch = call(
        "match_prefixes",
        backend,
        tokens,
        offsets,
        roots,
        table,
        nodes,
        edges,
        page_size=page_size,
        check=check,
    )
    return outcome
