"""Greedy verification without a loop: how long a chain agrees is a sum of a running product."""

import numpy as np

from draftproof.reference import Status, Verified

CONFORMANCE = {"arrays": "numpy"}


def verify_chain_greedy(
    draft_tokens: np.ndarray, draft_lengths: np.ndarray | None, target_tokens: np.ndarray
) -> Verified:
    """Verify the whole batch at once."""
    B, K = draft_tokens.shape
    given = np.full(B, K) if draft_lengths is None else draft_lengths.astype(np.int64)
    lengths, columns = given.clip(0, K), np.arange(K + 1)
    within = columns[:K] < lengths[:, None]
    negative = (draft_tokens < 0) & within
    usable = (within & ~negative).cumprod(-1)
    accepted = ((draft_tokens == target_tokens[:, :K]) & usable.astype(bool)).cumprod(-1).sum(-1)
    last = np.take_along_axis(target_tokens, accepted[:, None], 1).clip(-1)
    drafts = np.concatenate([draft_tokens, np.full((B, 1), -1, np.int32)], 1)
    tokens = np.where(columns < accepted[:, None], drafts, np.where(columns == accepted[:, None], last, -1))
    status = Status.INVALID_LENGTH * (given != lengths) | Status.INVALID_TOKEN * negative.any(-1)
    status = status | Status.DEGENERATE * (last[:, 0] < 0)
    return Verified(tokens.astype(np.int32), accepted.astype(np.int32), status.astype(np.int32))
