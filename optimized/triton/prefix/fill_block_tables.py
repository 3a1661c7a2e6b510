# mypy: allow-untyped-defs, allow-untyped-decorators, allow-untyped-calls
"""The pages of each matched prefix, in Triton.

Bytes to move: 4 written per block of the tables, and per page in them a slot read, alone in its sector
unless pages are short. One program per request climbs from the matched node to the root; each edge's
slots are read and its pages written ``LANES`` at a time. Every block is written once: what the climb
does not reach gets its -1 before or after it.
"""

import torch
import triton.language as tl

from draftproof.optimized.results import BlockTables, Status
from draftproof.optimized.signatures.implement import implements
from draftproof.optimized.triton.launch import kernel, require

LANES = 512

INVALID_TREE = tl.constexpr(int(Status.INVALID_TREE))
INVALID_LENGTH = tl.constexpr(int(Status.INVALID_LENGTH))


@kernel(
    pointers={
        "matched_nodes": "i32",
        "matched_lengths": "i32",
        "nodes": "i32",
        "slots": "i32",
        "tables": "i32",
        "status": "i32",
    },
    constants={"LANES": (LANES,)},
    warps=4,
)
def _fill(
    matched_nodes,
    matched_lengths,
    nodes,
    slots,
    tables,
    status,
    rows: tl.int32,
    room: tl.int64,
    page_size: tl.int32,
    width: tl.int32,
    LANES: tl.constexpr,
):
    """Write tables int32 [R, width] and status int32 [R]; sizes: rows M, room C."""
    request = tl.program_id(0).to(tl.int64)
    node = tl.load(matched_nodes + request)
    given = tl.load(matched_lengths + request)
    lanes = tl.arange(0, LANES)
    tables += request * width

    whole = tl.maximum(given, 0) // page_size * page_size
    inside = (node >= 0) & (node < rows)
    flags = tl.where(whole == given, 0, INVALID_LENGTH)
    flags |= tl.where(inside | (node == -1), 0, INVALID_TREE)
    upper = tl.where(inside, whole, 0)
    for first in range(tl.minimum(upper // page_size, width), width, LANES):
        j = first + lanes
        tl.store(tables + j, tl.full([LANES], -1, tl.int32), mask=j < width)

    filled = upper
    while upper > 0:
        row = nodes + node.to(tl.int64) * 8
        node = tl.load(row)
        start = tl.load(row + 1)
        length = tl.load(row + 2)
        end = tl.load(row + 3)
        begin = end.to(tl.int64) - length
        covers = (length >= page_size) & (length % page_size == 0)
        covers = covers & (start >= 0) & (start.to(tl.int64) + length <= room)
        covers = covers & (begin >= 0) & (begin < upper) & (end >= upper) & (begin % page_size == 0)
        filled = tl.where(covers, begin, filled.to(tl.int64)).to(tl.int32)
        slot = slots + tl.where(covers, start - begin, 0)
        for first in range(filled // page_size, tl.minimum(upper // page_size, width), LANES):
            j = first + lanes
            mask = j < tl.minimum(upper // page_size, width)
            value = tl.load(slot + j.to(tl.int64) * page_size, mask=mask, other=0)
            tl.store(tables + j, tl.where(value < 0, -1, value // page_size), mask=mask)
            flags |= tl.where(tl.min(value, 0) < 0, INVALID_TREE, 0)
        inside = (node >= 0) & (node < rows)
        flags |= tl.where(covers & (inside | (filled == 0)), 0, INVALID_TREE)
        upper = tl.where(covers & inside, filled, 0)

    for first in range(0, tl.minimum(filled // page_size, width), LANES):
        j = first + lanes
        tl.store(
            tables + j,
            tl.full([LANES], -1, tl.int32),
            mask=j < tl.minimum(filled // page_size, width),
        )
    tl.store(status + request, flags)


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
    """Write the pages of each matched prefix, at most ``width`` of them, then -1.

    matched_nodes and matched_lengths int32 [R], as ``match_prefixes`` gives them; nodes int32 [M, 8],
    slots int32 [C]. What is not contiguous is copied. ``check`` synchronises and raises on a status bit.
    """
    device = nodes.device
    require("fill_block_tables", device)
    if R:
        _fill.launch(
            R,
            device,
            matched_nodes=matched_nodes.contiguous(),
            matched_lengths=matched_lengths.contiguous(),
            nodes=nodes.contiguous(),
            slots=slots.contiguous(),
            tables=out.tables,
            status=out.status,
            rows=M,
            room=C,
            page_size=page_size,
            width=width,
            LANES=LANES,
        )
