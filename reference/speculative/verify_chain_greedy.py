"""Verification of a drafted chain against the target's own choices."""

import numpy as np

from draftproof.reference.results import Verified
from draftproof.reference.status import Status


def verify_chain_greedy(
    draft_tokens: np.ndarray,
    draft_lengths: np.ndarray | None,
    target_tokens: np.ndarray,
) -> Verified:
    """Accept drafts while they equal the target's tokens, then emit the target's next one.

    The emitted run is what greedy decoding with the target alone would have produced
    (Leviathan, Kalman, Matias 2023, arXiv 2211.17192, with one-hot p and q).

    Parameters
    ----------
    draft_tokens
        int32 [B, K]. A negative id ends the chain before it.
    draft_lengths
        int32 [B], clamped to [0, K]; None means K for all.
    target_tokens
        int32 [B, K+1]: the target's choice after the context and after each draft. A negative one
        is the choice of a row without mass: it is emitted as -1 and the status says DEGENERATE.

    Returns
    -------
    Verified
        tokens int32 [B, K+1] padded with -1, accepted int32 [B], status int32 [B].

    >>> verify_chain_greedy(np.array([[7, 8, 9]]), None, np.array([[7, 8, 5, 6]])).tokens
    array([[ 7,  8,  5, -1]], dtype=int32)
    """
    requests, width = draft_tokens.shape
    tokens = np.full((requests, width + 1), -1, dtype=np.int32)
    accepted = np.zeros(requests, dtype=np.int32)
    status = np.zeros(requests, dtype=np.int32)

    for b in range(requests):
        length = width if draft_lengths is None else int(draft_lengths[b])
        flags = Status.OK
        if not 0 <= length <= width:
            length = min(max(length, 0), width)
            flags |= Status.INVALID_LENGTH
        negative = [i for i in range(length) if draft_tokens[b, i] < 0]
        if negative:
            length = negative[0]
            flags |= Status.INVALID_TOKEN
        i = 0
        while i < length and draft_tokens[b, i] == target_tokens[b, i]:
            i += 1
        tokens[b, :i] = draft_tokens[b, :i]
        tokens[b, i] = max(int(target_tokens[b, i]), -1)
        if target_tokens[b, i] < 0:
            flags |= Status.DEGENERATE
        accepted[b], status[b] = i, flags
    return Verified(tokens, accepted, status)
