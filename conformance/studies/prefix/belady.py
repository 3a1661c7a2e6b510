"""Belady's optimum for prefix caches: the ceiling that no eviction policy passes.

**The rule** (Belady 1966, MIN, with bypass): after each request, of all pages that are cached or were
just asked for, keep those whose next use is nearest.

**Why it is a ceiling.** Let any cache of C pages serve the trace and take the requests' pages one by one,
from the first on. A hit of a request is a leading page that was cached when the request came, so it is a
hit of this sequence too; what the cache stores and drops afterwards is a legal way to serve the
sequence with C places, where a page that was missed need not be stored. MIN has the most hits among all
ways to serve a sequence of single pages, whether prefixes stay together or not. So no prefix cache has
more hits.

**Why a tree reaches it.** Whoever uses a page uses the pages before it first. So the next use of a page
never comes after that of a page that follows it, and what MIN keeps is closed under prefixes: it could
be in a tree, and its hits are leading pages. During a request the pages found are all touched before the
first that is missed, so nothing that the request would still find is lost on the way, and it is enough to
choose once per request.

The optimum counts pages. Where pages differ in tokens (a last page that is not full), another choice
may gain a few tokens while it loses pages.

**Cost.** Pages that every request uses together make a segment (an edge of the radix tree of the whole
trace), which has one next use. So the work is O(s log s), where s is the number of segments on all the
requests' paths; a heap keeps outdated entries until they come up.
"""

import heapq

import numpy as np

from draftproof.conformance.studies.prefix.prefixes import Pages

NEVER = -1


def compute_optimum(pages: Pages, capacity: int) -> np.ndarray:
    """Return int64 [R]: how many leading pages of each request the best cache of ``capacity`` pages holds."""
    paths, sizes = _split_segments(pages)
    following = _find_next_uses(paths, len(sizes))
    cached, next_use = [0] * len(sizes), [NEVER] * len(sizes)
    farthest: list[tuple[int, int, int]] = []
    hits, used = [], 0
    for path, uses in zip(paths, following, strict=True):
        hits.append(sum(cached[segment] for segment in path))
        for depth, (segment, use) in enumerate(zip(path, uses, strict=True)):
            next_use[segment] = use
            wanted = sizes[segment] if use != NEVER else 0
            used += wanted - cached[segment]
            cached[segment] = wanted
            if wanted:
                heapq.heappush(farthest, (-use, -depth, segment))
        while used > capacity:
            use, depth, segment = heapq.heappop(farthest)
            if -use != next_use[segment] or not cached[segment]:
                continue
            cut = min(used - capacity, cached[segment])
            used, cached[segment] = used - cut, cached[segment] - cut
            if cached[segment]:
                heapq.heappush(farthest, (use, depth, segment))
    return np.array(hits, dtype=np.int64)


def _split_segments(pages: Pages) -> tuple[list[list[int]], list[int]]:
    """Return each request's path of segments, and how many pages each segment has.

    A page starts a segment if it is a first page, or the page before it ends a request or has several
    followers. Any other page was numbered right after the one before it, so segments are runs of numbers.
    """
    total = len(pages.parents)
    inner = pages.parents >= 0
    followers = np.bincount(pages.parents[inner], minlength=total)
    ends = np.zeros(total, dtype=bool)
    ends[[request[-1] for request in pages.requests if len(request)]] = True
    starts = ~inner | (followers > 1)[pages.parents] | ends[pages.parents]
    segment = np.cumsum(starts) - 1
    paths = [segment[request[starts[request]]].tolist() for request in pages.requests]
    return paths, np.bincount(segment).tolist() if total else []


def _find_next_uses(paths: list[list[int]], segments: int) -> list[list[int]]:
    """Return, beside each path, the request that uses each segment next."""
    coming = [NEVER] * segments
    found = []
    for request in range(len(paths) - 1, -1, -1):
        found.append([coming[segment] for segment in paths[request]])
        for segment in paths[request]:
            coming[segment] = request
    return found[::-1]
