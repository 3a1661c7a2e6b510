# mypy: allow-untyped-defs, allow-untyped-decorators, allow-untyped-calls
"""The longest cached prefix of each request of a batch, in Triton.

Bytes to move: 4 per matched token of the request and 4 of the tree, which requests may share; a row and
a few entries of the table per node on the path, and the row of the root, which carries the secret under which
pages are hashed. One program per request goes down the tree. At each
node it hashes the next page, loads a window of ``LANES`` table entries and the rows that they name, and
takes the first whose parent and key fit; comparing its whole edge, ``BLOCK`` tokens at a time, confirms
the page too, so that equal fingerprints cost one block. Each level is four loads that wait for each
other: many requests hide them behind one another, a single one cannot. With fewer requests than
multiprocessors the blocks are longer, so that an edge takes fewer turns.
"""

import torch
import triton.language as tl

from draftproof.optimized.results import PrefixMatch, Status
from draftproof.optimized.signatures.implement import implements
from draftproof.optimized.triton.launch import kernel, multiprocessors, require
from draftproof.optimized.triton.prefix.pages import agreeing, bucket, fingerprint

LANES = 32
BLOCK, LONG_BLOCK = 1024, 4096

INVALID_TREE = tl.constexpr(int(Status.INVALID_TREE))
INVALID_LENGTH = tl.constexpr(int(Status.INVALID_LENGTH))


@kernel(
    pointers={
        "tokens": "i32",
        "offsets": "i64",
        "roots": "i32",
        "table": "i32",
        "nodes": "i32",
        "edges": "i32",
        "lengths": "i32",
        "matched": "i32",
        "status": "i32",
    },
    constants={"LANES": (LANES,), "BLOCK": (BLOCK, LONG_BLOCK)},
    warps=4,
)
def _match(
    tokens,
    offsets,
    roots,
    table,
    nodes,
    edges,
    lengths,
    matched,
    status,
    given: tl.int64,
    entries: tl.int32,
    rows: tl.int32,
    room: tl.int64,
    page_size: tl.int32,
    LANES: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """Write lengths, matched and status int32 [R]; sizes: given N, entries H, rows M, room C."""
    request = tl.program_id(0).to(tl.int64)
    begin = tl.load(offsets + request)
    end = tl.load(offsets + request + 1)
    node = tl.load(roots + request)
    valid = (begin >= 0) & (begin <= end) & (end <= given)
    rooted = (node >= 0) & (node < rows)
    flags = tl.where(valid, 0, INVALID_LENGTH) | tl.where(rooted, 0, INVALID_TREE)
    secret = nodes + tl.where(rooted, node, 0).to(tl.int64) * 8 + 6
    low = tl.load(secret, mask=rooted, other=0).to(tl.uint32, bitcast=True)
    high = tl.load(secret + 1, mask=rooted, other=0).to(tl.uint32, bitcast=True)
    node = tl.where(rooted, node, -1)
    left = tl.where(valid & rooted, end - begin, 0) // page_size * page_size
    at = tokens + tl.where(valid, begin, 0)
    total = node * 0
    lanes = tl.arange(0, LANES)

    while left > 0:
        key = fingerprint(at, page_size, low, high, LANES)
        first = bucket(node, key)
        child = node * 0 - 1
        edge = node * 0
        common = node * 0
        probe = node * 0
        looking = left > 0
        while looking:
            i = probe + lanes
            place = (first + i.to(tl.uint32)) & (entries - 1).to(tl.uint32)
            entry = tl.load(table + place, mask=i < entries, other=-1)
            # Behind a free entry, and behind the table's last, there is nothing to be found.
            behind = tl.min(tl.where(entry == -1, lanes, LANES), 0)
            inside = (lanes < behind) & (entry >= 0) & (entry < rows)
            row = nodes + entry.to(tl.int64) * 8
            parent = tl.load(row, mask=inside, other=-1)
            start = tl.load(row + 1, mask=inside, other=-1)
            length = tl.load(row + 2, mask=inside, other=0)
            keys = tl.load(row + 4, mask=inside, other=0).to(tl.uint32, bitcast=True)
            sound = inside & (length >= page_size) & (length % page_size == 0)
            sound = sound & (start >= 0) & (start.to(tl.int64) + length <= room)
            likely = sound & (parent == node) & (keys == key)
            lane = tl.min(tl.where(likely, lanes, LANES), 0)
            while lane < LANES:
                here = lanes == lane
                edge = tl.sum(tl.where(here, length, 0), 0)
                begins = edges + tl.sum(tl.where(here, start, 0), 0)
                common = agreeing(at, begins, tl.minimum(left, edge.to(tl.int64)).to(tl.int32), BLOCK)
                found = common >= page_size
                child = tl.where(found, tl.sum(tl.where(here, entry, 0), 0), -1)
                behind = tl.where(found, lane, behind)
                other = tl.min(tl.where(likely & (lanes > lane), lanes, LANES), 0)
                lane = tl.where(found, LANES, other)
            wrong = (lanes < behind) & (sound == 0)
            flags |= tl.where(tl.max(wrong.to(tl.int32), 0) != 0, INVALID_TREE, 0)
            probe += LANES
            looking = (child < 0) & (behind == LANES) & (probe < entries)
        pages = tl.where(child < 0, 0, common // page_size * page_size)
        total += pages
        at += pages
        left = tl.where((child >= 0) & (pages == edge), left - pages, 0)
        node = tl.where(child < 0, node, child)

    tl.store(lengths + request, total)
    tl.store(matched + request, node)
    tl.store(status + request, flags)


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
    """Find the longest cached prefix, in whole pages, of each request.

    tokens int32 [N], offsets int64 [R+1], roots int32 [R], table int32 [H], nodes int32 [M, 8], edges
    int32 [C]; request r is tokens[offsets[r]:offsets[r+1]], looked for under the node roots[r]. What is
    not contiguous is copied. ``check`` synchronises and raises on a status bit.
    """
    device = tokens.device
    require("match_prefixes", device)
    if R:
        _match.launch(
            R,
            device,
            tokens=tokens.contiguous(),
            offsets=offsets.contiguous(),
            roots=roots.contiguous(),
            table=table.contiguous(),
            nodes=nodes.contiguous(),
            edges=edges.contiguous(),
            lengths=out.lengths,
            matched=out.nodes,
            status=out.status,
            given=N,
            entries=H,
            rows=M,
            room=C,
            page_size=page_size,
            LANES=LANES,
            BLOCK=LONG_BLOCK if multiprocessors(device) > R else BLOCK,
        )
