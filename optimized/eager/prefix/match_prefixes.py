"""The longest cached prefix of each request of a batch, in PyTorch.

All requests go down the tree together: a turn of the loop is one level for each that still walks. How
many levels there are is known only on the way, so that every turn waits for the device: this baseline
cannot be captured into a graph.
"""

from typing import Annotated

import torch

from draftproof.optimized.eager.prefix.fingerprints import LOW, buckets, fingerprints
from draftproof.optimized.eager.prefix.rows import KEY, LENGTH, PARENT, SECRET, START, runs, well_formed
from draftproof.optimized.results import PrefixMatch, Status
from draftproof.optimized.signatures.implement import implements


@implements
def match_prefixes(
    tokens: Annotated[torch.Tensor, "int32 [N]"],
    offsets: Annotated[torch.Tensor, "int64 [R+1]"],
    roots: Annotated[torch.Tensor, "int32 [R]"],
    table: Annotated[torch.Tensor, "int32 [H], H a power of two"],
    nodes: Annotated[torch.Tensor, "int32 [M, 8]"],
    edges: Annotated[torch.Tensor, "int32 [C]"],
    *,
    page_size: Annotated[int, "int32 >= 1"],
    N: int,
    M: int,
    C: int,
) -> PrefixMatch:
    """Find the longest cached prefix, in whole pages, of each request.

    Request r is tokens[offsets[r]:offsets[r+1]], looked for under the node roots[r]. ``check`` raises on a
    status bit.
    """
    rows, entries = nodes.long(), table.long()
    sound = well_formed(rows, C, page_size)
    begins, ends = offsets[:-1], offsets[1:]
    valid = (begins >= 0) & (begins <= ends) & (ends <= N)
    rooted = (roots >= 0) & (roots < M)
    status = torch.where(valid, 0, int(Status.INVALID_LENGTH))
    status |= torch.where(rooted, 0, int(Status.INVALID_TREE))
    given = torch.where(valid & rooted, ends - begins, 0)
    lengths = torch.zeros_like(given)
    matched = torch.where(rooted, roots.long(), -1)
    secrets = rows[:, SECRET:][torch.where(rooted, roots, 0).long()] if M else rows.new_zeros(len(roots), 2)

    walking = (given >= page_size).nonzero()[:, 0]
    while len(walking):
        at = begins[walking] + lengths[walking]
        child, bits = _children(
            tokens, at, matched[walking], secrets[walking], entries, rows, sound, edges, page_size
        )
        status[walking] |= bits
        found = child >= 0
        walking, at, child = walking[found], at[found], child[found]
        edge = rows[child, LENGTH]
        left = given[walking] - lengths[walking]
        common = _common(tokens, at, edges, rows[child, START], torch.minimum(edge, left))
        pages = common // page_size * page_size
        matched[walking] = child
        lengths[walking] += pages
        walking = walking[(pages == edge) & (left - pages >= page_size)]

    return PrefixMatch(lengths.int(), matched.int(), status.int())


def _children(
    tokens: torch.Tensor,
    at: torch.Tensor,
    parent: torch.Tensor,
    secrets: torch.Tensor,
    table: torch.Tensor,
    rows: torch.Tensor,
    sound: torch.Tensor,
    edges: torch.Tensor,
    page_size: int,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Look up the child of each parent [A] that begins with the page at ``at`` [A]; -1 where there is none.

    secrets int64 [A, 2]: the words under which pages are hashed. Returns the children and the status bits of
    the rows met on the way, int64 [A].
    """
    steps = torch.arange(page_size, device=at.device)
    pages = tokens[at[:, None] + steps]
    keys = fingerprints(pages, secrets)
    first = buckets(parent, keys)
    child, bits = torch.full_like(at, -1), torch.zeros_like(at)
    looking = torch.arange(len(at), device=at.device)
    for probe in range(len(table)):
        entry = table[(first[looking] + probe) & (len(table) - 1)]
        looking, entry = looking[entry != -1], entry[entry != -1]
        if not len(looking):
            break
        inside = (entry >= 0) & (entry < len(rows))
        usable = inside & sound[torch.where(inside, entry, 0)]
        bits[looking[~usable]] |= int(Status.INVALID_TREE)
        row = rows[torch.where(usable, entry, 0)]
        likely = usable & (row[:, PARENT] == parent[looking]) & (row[:, KEY] & LOW == keys[looking])
        same = likely.clone()
        same[likely] = (edges[row[likely, START, None] + steps] == pages[looking[likely]]).all(1)
        child[looking[same]] = entry[same]
        looking = looking[~same]
    return child, bits


def _common(
    tokens: torch.Tensor, at: torch.Tensor, edges: torch.Tensor, start: torch.Tensor, spans: torch.Tensor
) -> torch.Tensor:
    """Return how many tokens agree from ``at`` [A] and from ``start`` [A] on, at most ``spans`` [A]."""
    run, place = runs(spans)
    differs = tokens[at[run] + place] != edges[start[run] + place]
    return spans.scatter_reduce(0, run[differs], place[differs], "amin")
