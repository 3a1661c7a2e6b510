"""Chain verification in float32 throughout; the last token comes from a float32 tree."""

import numpy as np

from draftproof.properties.entrants.float32_tree import descend
from draftproof.reference import Status, Verified
from draftproof.reference.speculative.verify_chain import usable_drafts

CONFORMANCE = {"arrays": "numpy"}
ONE = np.float32(1.0)


def verify_chain(
    draft_tokens: np.ndarray,
    draft_lengths: np.ndarray | None,
    draft_probs: np.ndarray | None,
    target_probs: np.ndarray,
    accept_uniforms: np.ndarray,
    sample_uniforms: np.ndarray,
    *,
    rule: str = "token",
) -> Verified:
    """Verify each request by itself."""
    B, K = draft_tokens.shape
    tokens, accepted = np.full((B, K + 1), -1, np.int32), np.zeros(B, np.int32)
    status = np.zeros(B, np.int32)
    for b in range(B):
        length = K if draft_lengths is None else int(draft_lengths[b])
        drafts, flags = usable_drafts(draft_tokens[b], length, target_probs.shape[-1])
        rows = np.zeros((K, target_probs.shape[-1]), np.float32)
        if draft_probs is None:
            rows[np.arange(len(drafts)), drafts] = 1.0
        else:
            rows = draft_probs[b]
        count, weights = _accept(drafts, _mass(rows), _mass(target_probs[b]), accept_uniforms[b], rule)
        last = descend(weights, float(sample_uniforms[b]))
        tokens[b, :count], tokens[b, count], accepted[b] = drafts[:count], last, count
        doubtful = not (np.isfinite(target_probs[b]).all() and np.isfinite(rows).all())
        status[b] = flags | Status.DEGENERATE * (last < 0) | Status.NAN_SEEN * doubtful
    return Verified(tokens, accepted, status)


def _mass(rows: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(rows) & (rows > 0), rows, np.float32(0.0))


def _accept(
    drafts: np.ndarray, q: np.ndarray, p: np.ndarray, uniforms: np.ndarray, rule: str
) -> tuple[int, np.ndarray]:
    """Return how many drafts are accepted and the weights of the next token, float32 [V]."""
    rate, reached, count = ONE, ONE, 0
    for i, x in enumerate(drafts):
        if rule == "token":
            if not uniforms[i] * q[i, x] < p[i, x]:
                break
            count = i + 1
            continue
        product = rate * p[i, x]
        rate = product if product == 0 else ONE if product >= q[i, x] else product / q[i, x]
        passes = rate
        if i + 1 < len(drafts) and p[i + 1].any():
            excess = np.maximum(rate * p[i + 1] - q[i + 1], 0).sum(dtype=np.float32)
            rest = excess + (ONE - rate)
            passes = ONE if rest == 0 else excess / rest
        if uniforms[i] < passes:
            count, reached = i + 1, rate
    if count == len(drafts):
        return count, p[count]
    residual = np.maximum(reached * p[count] - q[count], 0)
    return count, residual if residual.any() else p[count]
