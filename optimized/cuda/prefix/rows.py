"""The rows of a flat tree as the kernels load them: 32 bytes each, in two aligned halves."""

import torch

ALIGNMENT = 16


def rows_of(nodes: torch.Tensor) -> torch.Tensor:
    """Return ``nodes``, copied if its rows are strided or begin at an odd address."""
    rows = nodes.contiguous()
    return rows.clone() if rows.data_ptr() % ALIGNMENT else rows
