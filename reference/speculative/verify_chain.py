"""Verification of a drafted chain by rejection sampling: the token rule and the block rule."""

from typing import Literal

import numpy as np

from draftproof.reference.distribution import draw, mass
from draftproof.reference.results import Verified
from draftproof.reference.status import Status

Rule = Literal["token", "block"]


def verify_chain(
    draft_tokens: np.ndarray,
    draft_lengths: np.ndarray | None,
    draft_probs: np.ndarray | None,
    target_probs: np.ndarray,
    accept_uniforms: np.ndarray,
    sample_uniforms: np.ndarray,
    *,
    rule: Rule = "token",
) -> Verified:
    """Accept a prefix of each drafted chain and draw one more token, so that the target's law is kept.

    **Token rule** (Leviathan, Kalman, Matias 2023, arXiv 2211.17192, Algorithm 1; Chen et al. 2023,
    arXiv 2302.01318): walk the chain, accept x_i while ``u_i * q_i(x_i) < p_i(x_i)``. At the first
    rejection draw from norm(relu(p_i - q_i)); without one, from the row after the last draft.

    **Block rule** (Sun et al. 2025, arXiv 2403.10444, Algorithm 2): with P_0 = 1 and
    P_i = min(1, P_{i-1} p_i(x_i) / q_i(x_i)), position i passes iff u_i < h_i, where h_K = P_K and
    h_i = S / (S + 1 - P_i), S = sum_v relu(P_i p_{i+1}(v) - q_{i+1}(v)), before it. The *last* position
    that passes is accepted with everything before it; after tau < K accepted drafts the new token is
    drawn from norm(relu(P_tau p_{tau+1} - q_{tau+1})).

    Both emit tokens with exactly the target's law, whatever the drafter. A residual without mass
    falls back to the target's row. A target's row without mass (everything masked behind a drafted
    end-of-sequence) ends the chain: the draft that leads to it is judged as the last one, and if it is
    accepted, -1 and DEGENERATE follow.

    Parameters
    ----------
    draft_tokens
        int32 [B, K]: the drafted ids. An id outside [0, V) ends the chain before it.
    draft_lengths
        int32 [B]: drafts of each request, clamped to [0, K]; None means K for all.
    draft_probs
        float32 [B, K, V]: q, the law each draft was drawn from; None for drafts that were not drawn
        (prompt lookup, a greedy drafter): then q is one-hot at the draft.
    target_probs
        float32 [B, K+1, V]: p, the target's law after the context and after each draft.
    accept_uniforms
        float32 or float64 [B, K] in [0, 1): one per draft.
    sample_uniforms
        float32 or float64 [B] in [0, 1): one per request, independent of the others.
    rule
        "token" or "block".

    Returns
    -------
    Verified
        tokens int32 [B, K+1] padded with -1, accepted int32 [B], status int32 [B].

    Raises
    ------
    ValueError
        If ``rule`` is neither of the two.

    >>> p = np.array([[[0.5, 0.5], [0.5, 0.5]]])
    >>> q = np.array([[[0.9, 0.1]]])
    >>> verify_chain(np.array([[0]]), None, q, p, np.array([[0.5]]), np.array([0.0])).tokens
    array([[0, 0]], dtype=int32)
    >>> verify_chain(np.array([[0]]), None, q, p, np.array([[0.6]]), np.array([0.0])).tokens
    array([[ 1, -1]], dtype=int32)
    """
    if rule not in ("token", "block"):
        raise ValueError(f"verify_chain: rule must be 'token' or 'block', got {rule!r}")
    requests, width = draft_tokens.shape
    tokens = np.full((requests, width + 1), -1, dtype=np.int32)
    accepted = np.zeros(requests, dtype=np.int32)
    status = np.zeros(requests, dtype=np.int32)

    for b in range(requests):
        length = width if draft_lengths is None else int(draft_lengths[b])
        drafts, flags = usable_drafts(draft_tokens[b], length, vocabulary=target_probs.shape[-1])
        q_rows = one_hot(drafts, target_probs.shape[-1]) if draft_probs is None else draft_probs[b]
        chain = Chain(drafts, q_rows, target_probs[b])
        decide = chain.accepted_by_token if rule == "token" else chain.accepted_by_block
        accepted[b], weights = decide(accept_uniforms[b])
        last = draw(weights, float(sample_uniforms[b]))

        tokens[b, : accepted[b]] = chain.drafts[: accepted[b]]
        tokens[b, accepted[b]] = last
        if last < 0:
            flags |= Status.DEGENERATE
        if chain.nan_seen:
            flags |= Status.NAN_SEEN
        status[b] = flags
    return Verified(tokens, accepted, status)


def usable_drafts(drafts: np.ndarray, length: int, vocabulary: int) -> tuple[np.ndarray, Status]:
    """Return the drafts before the first id outside the vocabulary, and what was wrong.

    >>> usable_drafts(np.array([5, 99, 7]), 3, vocabulary=10)
    (array([5]), <Status.INVALID_TOKEN: 2>)
    """
    flags = Status.OK
    if not 0 <= length <= len(drafts):
        length = min(max(length, 0), len(drafts))
        flags |= Status.INVALID_LENGTH
    for i in range(length):
        if not 0 <= drafts[i] < vocabulary:
            return drafts[:i], flags | Status.INVALID_TOKEN
    return drafts[:length], flags


def one_hot(drafts: np.ndarray, vocabulary: int) -> np.ndarray:
    """Return q for drafts that were not drawn: float64 [len(drafts), V], all mass on the draft."""
    rows = np.zeros((len(drafts), vocabulary))
    rows[np.arange(len(drafts)), drafts] = 1.0
    return rows


class Chain:
    """One request's drafts with its rows q [K, V] and p [K+1, V]; remembers whether a NaN was read.

    The drafts end before the first row of p without mass, for what follows it cannot be.

    >>> Chain(np.array([1, 0]), np.full((2, 2), 0.5), np.array([[0.5, 0.5], [0, 0], [0.5, 0.5]])).drafts
    array([1])
    """

    def __init__(self, drafts: np.ndarray, q_rows: np.ndarray, p_rows: np.ndarray) -> None:
        self.q_rows = np.asarray(q_rows, dtype=np.float64)
        self.p_rows = np.asarray(p_rows, dtype=np.float64)
        self.drafts = drafts[: self._reachable(drafts)]
        self.nan_seen = False

    def _reachable(self, drafts: np.ndarray) -> int:
        """How many drafts the first row without mass leaves; only where a draft has none can its row."""
        for i, x in enumerate(drafts):
            if mass(self.p_rows[i, x]) == 0 and not mass(self.p_rows[i]).any():
                return i
        return len(drafts)

    def p(self, i: int, x: int | slice = slice(None)) -> np.ndarray:
        """p_{i+1}(x): the target's mass after i drafts."""
        return self._read(self.p_rows[i, x])

    def q(self, i: int, x: int | slice = slice(None)) -> np.ndarray:
        """q_{i+1}(x): the draft's mass after i drafts."""
        return self._read(self.q_rows[i, x])

    def _read(self, values: np.ndarray) -> np.ndarray:
        self.nan_seen |= not np.isfinite(values).all()
        return mass(values)

    def accepted_by_token(self, uniforms: np.ndarray) -> tuple[int, np.ndarray]:
        """Return the number of accepted drafts and the weights of the next token."""
        for i, x in enumerate(self.drafts):
            if not float(uniforms[i]) * self.q(i, x) < self.p(i, x):
                return i, self.residual(i, 1.0)
        return len(self.drafts), self.p(len(self.drafts))

    def accepted_by_block(self, uniforms: np.ndarray) -> tuple[int, np.ndarray]:
        """Return the number of accepted drafts and the weights of the next token."""
        length = len(self.drafts)
        rates = self.block_rates()
        tau = 0
        for i in range(1, length + 1):
            passes = rates[i] if i == length else self.block_pass(i, rates[i])
            if float(uniforms[i - 1]) < passes:
                tau = i  # no break: the last one that passes wins
        if tau == length:
            return tau, self.p(length)
        return tau, self.residual(tau, rates[tau])

    def block_rates(self) -> list[float]:
        """P_0 = 1, P_i = min(1, P_{i-1} p_i(x_i) / q_i(x_i)); a token with p = 0 makes the rest 0."""
        rates = [1.0]
        for i, x in enumerate(self.drafts):
            p, q = float(self.p(i, x)), float(self.q(i, x))
            if rates[-1] * p == 0:
                rates.append(0.0)
            else:
                rates.append(1.0 if rates[-1] * p >= q else rates[-1] * p / q)
        return rates

    def block_pass(self, i: int, rate: float) -> float:
        """h_i = S / (S + 1 - P_i) for i < K, with 0/0 = 1."""
        excess = float(np.maximum(rate * self.p(i) - self.q(i), 0.0).sum())
        rest = excess + (1.0 - rate)
        return 1.0 if rest == 0 else excess / rest

    def residual(self, i: int, rate: float) -> np.ndarray:
        """relu(P p - q) after i drafts, or p itself where that has no mass."""
        weights = np.maximum(rate * self.p(i) - self.q(i), 0.0)
        return weights if weights.any() else self.p(i)
