"""Greedy chain verification in plain NumPy."""

import numpy as np

from draftproof.reference import Status, Verified


class GreedyVerifier:
    """``verify_chain_greedy``; every method is a step of the rule."""

    def __call__(
        self, draft_tokens: np.ndarray, draft_lengths: np.ndarray | None, target_tokens: np.ndarray
    ) -> Verified:
        """Verify each request of the batch by itself."""
        B, K = draft_tokens.shape
        tokens = np.full((B, K + 1), -1, np.int32)
        accepted, status = np.zeros(B, np.int32), np.zeros(B, np.int32)
        for b in range(B):
            drafts, flags = self.usable(
                draft_tokens[b], K if draft_lengths is None else int(draft_lengths[b])
            )
            count = self.accepted(drafts, target_tokens[b])
            last = max(int(target_tokens[b, count]), -1)
            tokens[b, :count], tokens[b, count] = drafts[:count], last
            accepted[b], status[b] = count, flags | (Status.DEGENERATE if last < 0 else Status.OK)
        return Verified(tokens, accepted, status)

    def usable(self, drafts: np.ndarray, length: int) -> tuple[np.ndarray, Status]:
        """Return the drafts that take part, and what was wrong with the others."""
        kept = min(max(length, 0), len(drafts))
        flags = Status.OK if kept == length else Status.INVALID_LENGTH
        negative = np.flatnonzero(drafts[:kept] < 0)
        if negative.size:
            return drafts[: negative[0]], flags | Status.INVALID_TOKEN
        return drafts[:kept], flags

    def accepted(self, drafts: np.ndarray, targets: np.ndarray) -> int:
        """Return how many drafts agree with the target before the first that does not."""
        return int((drafts == targets[: len(drafts)]).cumprod().sum())
