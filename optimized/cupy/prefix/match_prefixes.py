"""Matching of cached prefixes with CuPy."""

from pathlib import Path

import numpy as np
import torch

from draftproof.optimized.cupy.kernel import Kernel
from draftproof.optimized.cupy.views import address, view
from draftproof.optimized.results import PrefixMatch
from draftproof.optimized.signatures.implement import implements

MATCH_PREFIXES = Kernel(Path(__file__).with_suffix(".cu"), "match_prefixes", threads=32)


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
    MATCH_PREFIXES.launch(
        roots.device,
        R,
        view(tokens, 1),
        np.int64(N),
        view(offsets, 1),
        view(roots, 1),
        view(table, 1),
        np.int64(H),
        view(nodes, 2),
        np.int64(M),
        view(edges, 1),
        np.int64(C),
        np.int32(page_size),
        address(out.lengths),
        address(out.nodes),
        address(out.status),
    )
