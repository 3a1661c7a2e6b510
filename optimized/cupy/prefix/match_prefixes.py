"""Matching of cached prefixes with CuPy."""

from pathlib import Path

import numpy as np
import torch

from draftproof.optimized.arguments import prefix as arguments
from draftproof.optimized.arguments.prefix import PrefixMatch
from draftproof.optimized.cupy.kernel import Kernel
from draftproof.optimized.cupy.views import address, view
from draftproof.optimized.results import raise_on

MATCH_PREFIXES = Kernel(Path(__file__).with_suffix(".cu"), "match_prefixes", threads=32)


def match_prefixes(
    tokens: torch.Tensor,
    offsets: torch.Tensor,
    roots: torch.Tensor,
    table: torch.Tensor,
    nodes: torch.Tensor,
    edges: torch.Tensor,
    *,
    page_size: int,
    check: bool = False,
) -> PrefixMatch:
    """Return the longest cached prefix of each request, and the node where it ends.

    tokens int32 [N], of which request r is offsets[r] to offsets[r+1], offsets int64 [R+1], roots int32
    [R]; the flat tree's table int32 [H], nodes int32 [M, 8], edges int32 [C]. ``check`` raises on a status
    bit.
    """
    sizes = arguments.match_prefixes(tokens, offsets, roots, table, nodes, edges, page_size)
    lengths, last, status = (torch.empty_like(roots, memory_format=torch.contiguous_format) for _ in range(3))
    MATCH_PREFIXES.launch(
        roots.device,
        sizes.requests,
        view(tokens, 1),
        np.int64(sizes.tokens),
        view(offsets, 1),
        view(roots, 1),
        view(table, 1),
        np.int64(sizes.table),
        view(nodes, 2),
        np.int64(sizes.nodes),
        view(edges, 1),
        np.int64(sizes.edges),
        np.int32(page_size),
        address(lengths),
        address(last),
        address(status),
    )
    if check:
        raise_on("match_prefixes", status)
    return PrefixMatch(lengths, last, status)
