"""Block tables of matched prefixes, CUDA C++."""

import torch

from draftproof.optimized.cuda.library import Entry, Flag, Number, Pointer, index_of
from draftproof.optimized.cuda.prefix import shape
from draftproof.optimized.cuda.prefix.rows import rows_of
from draftproof.optimized.results import BlockTables
from draftproof.optimized.signatures.implement import implements

ENTRY = Entry(
    "prefix/fill_block_tables",
    "draftproof_fill_block_tables",
    *(Pointer, Pointer),  # matched_nodes, matched_lengths
    *(Pointer, Number, Pointer, Number),  # nodes and slots, each with its size
    *(Pointer, Pointer),  # tables, status
    *(Number, Flag, Flag),  # R, page_size, width
    *(Flag, Flag, Flag),  # shape.Fill
)


@implements
def fill_block_tables(
    matched_nodes: torch.Tensor,
    matched_lengths: torch.Tensor,
    nodes: torch.Tensor,
    slots: torch.Tensor,
    page_size: int,
    width: int,
    out: BlockTables,
    R: int,
    M: int,
    C: int,
) -> None:
    """Return the pages of each matched prefix in order, then -1.

    matched_nodes int32 [R], matched_lengths int32 [R]; the flat tree's nodes int32 [M, 8], slots int32 [C].
    ``check`` raises on a status bit.
    """
    if R > 0:
        rows = rows_of(nodes)
        ENTRY(
            nodes.device,
            *(matched_nodes.contiguous(), matched_lengths.contiguous()),
            *(rows, M, slots.contiguous(), C),
            *out,
            *(R, page_size, width),
            *shape.fill(R, width, rows.nbytes, index_of(nodes.device)),
        )
