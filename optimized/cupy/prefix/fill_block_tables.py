"""Block tables of matched prefixes with CuPy."""

from pathlib import Path

import numpy as np
import torch

from draftproof.optimized.cupy.kernel import Kernel
from draftproof.optimized.cupy.views import address, view
from draftproof.optimized.results import BlockTables
from draftproof.optimized.signatures.implement import implements

FILL_BLOCK_TABLES = Kernel(Path(__file__).with_suffix(".cu"), "fill_block_tables", threads=128)


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
    FILL_BLOCK_TABLES.launch(
        nodes.device,
        R,
        view(matched_nodes, 1),
        view(matched_lengths, 1),
        view(nodes, 2),
        np.int64(M),
        view(slots, 1),
        np.int64(C),
        np.int32(page_size),
        np.int32(width),
        address(out.tables),
        address(out.status),
    )
