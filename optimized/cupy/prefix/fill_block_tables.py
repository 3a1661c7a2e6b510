"""Block tables of matched prefixes with CuPy."""

from pathlib import Path

import numpy as np
import torch

from draftproof.optimized.arguments import prefix as arguments
from draftproof.optimized.arguments.prefix import BlockTables
from draftproof.optimized.cupy.kernel import Kernel
from draftproof.optimized.cupy.views import address, view
from draftproof.optimized.results import raise_on

FILL_BLOCK_TABLES = Kernel(Path(__file__).with_suffix(".cu"), "fill_block_tables", threads=128)


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
    sizes = arguments.fill_block_tables(
        matched_nodes, matched_lengths, nodes, slots, page_size=page_size, width=width
    )
    tables = torch.empty(sizes.requests, width, dtype=torch.int32, device=nodes.device)
    status = torch.empty(sizes.requests, dtype=torch.int32, device=nodes.device)
    FILL_BLOCK_TABLES.launch(
        nodes.device,
        sizes.requests,
        view(matched_nodes, 1),
        view(matched_lengths, 1),
        view(nodes, 2),
        np.int64(sizes.nodes),
        view(slots, 1),
        np.int64(sizes.edges),
        np.int32(page_size),
        np.int32(width),
        address(tables),
        address(status),
    )
    if check:
        raise_on("fill_block_tables", status)
    return BlockTables(tables, status)
