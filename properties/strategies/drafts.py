"""Strategies for drafted ids and for how many of them each request has."""

import numpy as np
from hypothesis import strategies as st

from draftproof.properties.inputs.rows import seams
from draftproof.properties.inputs.speculative import HOSTILE_IDS, HOSTILE_LENGTHS
from draftproof.properties.strategies.validation import integer


def ragged_lengths(width: int, *, requests: int = 4, hostile: bool = False) -> st.SearchStrategy[np.ndarray]:
    """Return the number of drafts of each request: int32 [requests] in [0, width]; shrinks to zeros.

    With ``hostile`` some lie outside: -1, width + 1, the smallest and the largest int32.
    """
    integer("ragged_lengths", "width", width, 0)
    integer("ragged_lengths", "requests", requests, 0)
    lengths = st.integers(0, width)
    if hostile:
        lengths |= st.sampled_from((width + 1, *HOSTILE_LENGTHS))
    return _filled(lengths, requests).map(lambda row: np.array(row, np.int32))


def draft_tokens(
    vocabulary: int, width: int, *, requests: int = 4, hostile: bool = False
) -> st.SearchStrategy[np.ndarray]:
    """Return drafted ids: int32 [requests, width] in [0, vocabulary), often at the tile borders.

    With ``hostile`` some are no ids: -1, vocabulary, the smallest and the largest int32.
    """
    integer("draft_tokens", "vocabulary", vocabulary, 1)
    integer("draft_tokens", "width", width, 0)
    integer("draft_tokens", "requests", requests, 0)
    ids = st.sampled_from(seams(vocabulary)) | st.integers(0, vocabulary - 1)
    if hostile:
        ids |= st.sampled_from((vocabulary, *HOSTILE_IDS))
    return _filled(ids, requests * width).map(lambda row: np.array(row, np.int32).reshape(requests, width))


def _filled(numbers: st.SearchStrategy[int], count: int) -> st.SearchStrategy[list[int]]:
    return st.lists(numbers, min_size=count, max_size=count)
