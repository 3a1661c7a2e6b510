"""What a cache can share in a trace: every distinct prefix of its requests, numbered."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from draftproof.conformance.studies.prefix.formats import Request
from draftproof.conformance.studies.prefix.numbering import MOST_DISTINCT, limit


@dataclass(frozen=True, slots=True)
class Pages:
    """The requests as whole pages. Two requests share a page if they agree up to and with that page."""

    requests: list[np.ndarray]
    """int32 [n] each: the numbers of its pages, from the first on."""
    parents: np.ndarray
    """int32 [M]: the page before each page, which is the same wherever it occurs; -1 for a first page."""
    known: np.ndarray
    """int64 [R]: how many leading pages of each request had occurred before, in any request."""


def number_pages(requests: Sequence[Request], page_size: int) -> Pages:
    """Number the distinct prefixes of whole pages, in the order of their first occurrence.

    Raises DiagnosticError if there are more of them than memory is meant for.
    """
    numbers: dict[Hashable, int] = {}
    parents: list[int] = []
    pages: list[np.ndarray] = []
    known = []
    latest: dict[str | None, tuple[np.ndarray, np.ndarray]] = {}
    for request in requests:
        whole = len(request.blocks) // page_size
        blocks = request.blocks[: whole * page_size].reshape(whole, page_size)
        own = np.empty(whole, dtype=np.int32)
        # A session's request mostly repeats the one before: that part needs no look-ups.
        before, its_numbers = latest.get(request.session, (blocks[:0], own[:0]))
        both = min(whole, len(before))
        differs = (blocks[:both] != before[:both]).any(axis=1)
        same = int(differs.argmax()) if differs.any() else both
        own[:same] = its_numbers[:same]
        first, page = len(parents), int(own[same - 1]) if same else -1
        for position, content in enumerate(blocks[same:].tolist(), same):
            key = (page, request.session if page < 0 else None, *content)
            parent, page = page, numbers.setdefault(key, len(parents))
            if page == len(parents):
                parents.append(parent)
            own[position] = page
        limit(len(parents), MOST_DISTINCT, "different prefixes")
        latest[request.session] = blocks, own
        pages.append(own)
        known.append(int(np.count_nonzero(own < first)))
    return Pages(pages, np.array(parents, dtype=np.int32), np.array(known, dtype=np.int64))
