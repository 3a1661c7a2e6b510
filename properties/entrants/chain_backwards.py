"""Chain verification in float64, all positions at once, the last token drawn by a sum from the far end."""

import numpy as np

from draftproof.reference import Status, Verified

CONFORMANCE = {"arrays": "numpy", "verify_chain": {"rule": "token"}}


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
    """Verify the whole batch by the token rule."""
    (B, K), V = draft_tokens.shape, target_probs.shape[-1]
    given = np.full(B, K) if draft_lengths is None else draft_lengths.astype(np.int64)
    lengths = given.clip(0, K)
    outside = (draft_tokens < 0) | (draft_tokens >= V)
    wrong = outside & (np.arange(K) < lengths[:, None])
    usable = np.minimum(lengths, (~wrong).cumprod(-1).sum(-1))
    ids = np.where(outside, 0, draft_tokens)[..., None]
    p, q = _mass(target_probs), None if draft_probs is None else _mass(draft_probs)
    offered = np.ones((B, K)) if q is None else np.take_along_axis(q, ids, -1)[..., 0]
    asked = np.take_along_axis(p[:, :K], ids, -1)[..., 0]
    holds = (accept_uniforms * offered < asked) & (np.arange(K) < usable[:, None])
    accepted = holds.cumprod(-1).sum(-1)
    tokens = np.full((B, K + 1), -1, np.int32)
    for b, count in enumerate(accepted):
        weights = p[b, count]
        if count < usable[b]:
            row = (np.arange(V) == ids[b, count]) if q is None else q[b, count]
            residual = np.maximum(weights - row, 0.0)
            weights = residual if residual.any() else weights
        tokens[b, :count], tokens[b, count] = draft_tokens[b, :count], _draw(weights, sample_uniforms[b])
    doubtful = ~np.isfinite(target_probs).all((1, 2))
    if draft_probs is not None:
        doubtful = doubtful | ~np.isfinite(draft_probs).all((1, 2))
    last = np.take_along_axis(tokens, accepted[:, None], 1)[:, 0]
    status = Status.INVALID_LENGTH * (given != lengths) | Status.INVALID_TOKEN * wrong.any(-1)
    status = status | Status.DEGENERATE * (last < 0) | Status.NAN_SEEN * doubtful
    return Verified(tokens, accepted.astype(np.int32), status.astype(np.int32))


def _mass(rows: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(rows) & (rows > 0), rows, 0.0).astype(np.float64)


def _draw(weights: np.ndarray, uniform: float) -> int:
    """Draw by what is left behind each id: tail(t) < (1 - u) * total says that cdf(t) > u * total."""
    tails = weights[::-1].cumsum()[::-1]
    beyond = np.append(tails[1:], 0.0) < (1.0 - float(uniform)) * tails[0]
    ids = np.flatnonzero(beyond & (weights > 0))
    return int(ids[0]) if len(ids) else int(np.flatnonzero(weights)[-1]) if weights.any() else -1
