"""The pages of each matched prefix, in PyTorch.

All requests climb from their matched node to the root together: a turn of the loop is one node for
each. As with matching, the number of turns is known only on the way, and no graph can capture it.
"""

from typing import Annotated

import torch

from draftproof.optimized.eager.prefix.rows import END, LENGTH, PARENT, START, runs, well_formed
from draftproof.optimized.results import BlockTables, Status
from draftproof.optimized.signatures.implement import implements


@implements
def fill_block_tables(
    matched_nodes: Annotated[torch.Tensor, "int32 [R]"],
    matched_lengths: Annotated[torch.Tensor, "int32 [R]"],
    nodes: Annotated[torch.Tensor, "int32 [M, 8]"],
    slots: Annotated[torch.Tensor, "int32 [C]"],
    *,
    page_size: Annotated[int, "int32 >= 1"],
    width: Annotated[int, "int32 >= 0"],
    R: int,
    M: int,
    C: int,
) -> BlockTables:
    """Write the pages of each matched prefix, at most ``width`` of them, then -1.

    matched_nodes and matched_lengths as ``match_prefixes`` gives them. ``check`` raises on a status bit.
    """
    rows = nodes.long()
    sound = well_formed(rows, C, page_size) & ((rows[:, END] - rows[:, LENGTH]) % page_size == 0)
    node, length = matched_nodes.long(), matched_lengths.long()
    inside = (node >= 0) & (node < M)
    status = torch.where((length < 0) | (length % page_size != 0), int(Status.INVALID_LENGTH), 0)
    status |= torch.where(inside | (node == -1), 0, int(Status.INVALID_TREE))
    tables = torch.full((R, width), -1, dtype=torch.int32, device=nodes.device)

    upper = torch.where(inside, length.clamp(min=0) // page_size * page_size, 0)
    climbing = (upper > 0).nonzero()[:, 0]
    node, upper = node[climbing], upper[climbing]
    while len(climbing):
        begin = rows[node, END] - rows[node, LENGTH]
        covers = sound[node] & (rows[node, END] >= upper) & (begin < upper) & (begin >= 0)
        status[climbing[~covers]] |= int(Status.INVALID_TREE)
        climbing, node, upper, begin = climbing[covers], node[covers], upper[covers], begin[covers]

        run, page = runs((upper.clamp(max=width * page_size) - begin).clamp(min=0) // page_size)
        slot = slots[rows[node, START][run] + page * page_size]
        tables[climbing[run], begin[run] // page_size + page] = torch.where(slot < 0, -1, slot // page_size)
        status[climbing[run[slot < 0]]] |= int(Status.INVALID_TREE)

        above = rows[node, PARENT]
        lost = (begin > 0) & ((above < 0) | (above >= M))
        status[climbing[lost]] |= int(Status.INVALID_TREE)
        going = (begin > 0) & ~lost
        climbing, node, upper = climbing[going], above[going], begin[going]

    return BlockTables(tables, status.int())
