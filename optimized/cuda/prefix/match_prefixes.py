"""Matching of cached prefixes, CUDA C++."""

import torch

from draftproof.optimized.arguments import prefix as arguments
from draftproof.optimized.arguments.prefix import PrefixMatch
from draftproof.optimized.cuda.library import Entry, Flag, Number, Pointer
from draftproof.optimized.cuda.prefix import shape
from draftproof.optimized.cuda.prefix.rows import rows_of
from draftproof.optimized.results import raise_on

ENTRY = Entry(
    "prefix/match_prefixes",
    "draftproof_match_prefixes",
    *(Pointer, Number, Pointer, Pointer),  # tokens, N, offsets, roots
    *(Pointer, Number, Pointer, Number, Pointer, Number),  # table, nodes, edges, each with its size
    *(Pointer, Pointer, Pointer),  # lengths, nodes, status
    *(Number, Flag),  # R, page_size
    *(Flag, Flag, Flag, Flag),  # shape.Match
)


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
    arguments.match_prefixes(tokens, offsets, roots, table, nodes, edges, page_size)
    found = PrefixMatch(*_match_prefixes(tokens, offsets, roots, table, nodes, edges, page_size))
    if check:
        raise_on("match_prefixes", found.status)
    return found


@torch.library.custom_op("draftproof_cuda::match_prefixes", mutates_args=(), device_types="cuda")
def _match_prefixes(
    tokens: torch.Tensor,
    offsets: torch.Tensor,
    roots: torch.Tensor,
    table: torch.Tensor,
    nodes: torch.Tensor,
    edges: torch.Tensor,
    page_size: int,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    outputs = _outputs(roots)
    if len(roots) > 0:
        tokens, offsets, table, edges = (each.contiguous() for each in (tokens, offsets, table, edges))
        rows = rows_of(nodes)
        index = torch.cuda.current_device() if roots.device.index is None else roots.device.index
        tree_bytes = table.nbytes + rows.nbytes
        ENTRY(
            roots.device,
            *(tokens, len(tokens), offsets, roots.contiguous()),
            *(table, len(table), rows, len(rows), edges, len(edges)),
            *outputs,
            *(len(roots), page_size),
            *shape.match(len(roots), len(tokens), tree_bytes, index),
        )
    return outputs


@_match_prefixes.register_fake
def _(
    tokens: torch.Tensor,
    offsets: torch.Tensor,
    roots: torch.Tensor,
    table: torch.Tensor,
    nodes: torch.Tensor,
    edges: torch.Tensor,
    page_size: int,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    return _outputs(roots)


def _outputs(roots: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    requests = len(roots)
    return roots.new_empty(requests), roots.new_empty(requests), roots.new_empty(requests)
