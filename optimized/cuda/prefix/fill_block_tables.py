"""Block tables of matched prefixes, CUDA C++."""

import torch

from draftproof.optimized.arguments import prefix as arguments
from draftproof.optimized.arguments.prefix import BlockTables
from draftproof.optimized.cuda.library import Entry, Flag, Number, Pointer
from draftproof.optimized.cuda.prefix import shape
from draftproof.optimized.cuda.prefix.rows import rows_of
from draftproof.optimized.results import raise_on

ENTRY = Entry(
    "prefix/fill_block_tables",
    "draftproof_fill_block_tables",
    *(Pointer, Pointer),  # matched_nodes, matched_lengths
    *(Pointer, Number, Pointer, Number),  # nodes and slots, each with its size
    *(Pointer, Pointer),  # tables, status
    *(Number, Flag, Flag),  # R, page_size, width
    *(Flag, Flag, Flag),  # shape.Fill
)


def fill_block_tables(
    matched_nodes: torch.Tensor,
    matched_lengths: torch.Tensor,
    nodes: torch.Tensor,
    slots: torch.Tensor,
    *,
    page_size: int,
    width: int,
    check: bool = False,
) -> BlockTables:
    """Return the pages of each matched prefix in order, then -1.

    matched_nodes int32 [R], matched_lengths int32 [R]; the flat tree's nodes int32 [M, 8], slots int32 [C].
    ``check`` raises on a status bit.
    """
    arguments.fill_block_tables(matched_nodes, matched_lengths, nodes, slots, page_size, width)
    filled = BlockTables(*_fill_block_tables(matched_nodes, matched_lengths, nodes, slots, page_size, width))
    if check:
        raise_on("fill_block_tables", filled.status)
    return filled


@torch.library.custom_op("draftproof_cuda::fill_block_tables", mutates_args=(), device_types="cuda")
def _fill_block_tables(
    matched_nodes: torch.Tensor,
    matched_lengths: torch.Tensor,
    nodes: torch.Tensor,
    slots: torch.Tensor,
    page_size: int,
    width: int,
) -> tuple[torch.Tensor, torch.Tensor]:
    outputs = _outputs(matched_nodes, width)
    requests = len(matched_nodes)
    if requests > 0:
        rows, slots = rows_of(nodes), slots.contiguous()
        index = torch.cuda.current_device() if nodes.device.index is None else nodes.device.index
        ENTRY(
            nodes.device,
            *(matched_nodes.contiguous(), matched_lengths.contiguous()),
            *(rows, len(rows), slots, len(slots)),
            *outputs,
            *(requests, page_size, width),
            *shape.fill(requests, width, rows.nbytes, index),
        )
    return outputs


@_fill_block_tables.register_fake
def _(
    matched_nodes: torch.Tensor,
    matched_lengths: torch.Tensor,
    nodes: torch.Tensor,
    slots: torch.Tensor,
    page_size: int,
    width: int,
) -> tuple[torch.Tensor, torch.Tensor]:
    return _outputs(matched_nodes, width)


def _outputs(matched_nodes: torch.Tensor, width: int) -> tuple[torch.Tensor, torch.Tensor]:
    requests = len(matched_nodes)
    return matched_nodes.new_empty(requests, width), matched_nodes.new_empty(requests)
