"""Chain verification in plain NumPy."""

from dataclasses import dataclass

import numpy as np

from draftproof.properties.mutants.base.sampling import draw, mass
from draftproof.reference import Status, Verified
from draftproof.reference.speculative.verify_chain import one_hot


@dataclass(frozen=True, slots=True)
class Request:
    """One request of the batch."""

    drafts: np.ndarray
    """The usable drafts, int32 [k]."""
    q: np.ndarray
    """Draft rows, float64 [K, V]; one-hot for given drafts."""
    p: np.ndarray
    """Target rows, float64 [K+1, V]."""
    accept: np.ndarray
    """Accept uniforms [K]."""
    final: float
    """The sample uniform."""

    def q_row(self, i: int) -> np.ndarray:
        """Return the draft's row after i drafts."""
        row: np.ndarray = self.q[i]
        return row

    def p_row(self, i: int) -> np.ndarray:
        """Return the target's row after i drafts."""
        row: np.ndarray = self.p[i]
        return row


class Verifier:
    """``verify_chain``; every method is a step of the rule."""

    def __call__(
        self,
        draft_tokens: np.ndarray,
        draft_lengths: np.ndarray | None,
        draft_probs: np.ndarray | None,
        target_probs: np.ndarray,
        accept_uniforms: np.ndarray,
        sample_uniforms: np.ndarray,
        *,
        rule: str = "token",
    ) -> Verified:
        """Verify each request of the batch by itself."""
        B, K = draft_tokens.shape
        tokens = self.blank(B, K + 1)
        accepted, status = np.zeros(B, np.int32), np.zeros(B, np.int32)
        for b in range(B):
            length = K if draft_lengths is None else int(draft_lengths[b])
            drafts, flags = self.usable(draft_tokens[b], length, target_probs.shape[-1])
            q = None if draft_probs is None else draft_probs[b]
            p = self.target_rows(target_probs[b])
            request = Request(
                self.possible(drafts, p),
                self.draft_rows(drafts, q, target_probs[b]),
                p,
                accept_uniforms[b],
                float(sample_uniforms[b]),
            )
            count = self.accepted(request, rule)
            weights = self.next_weights(request, count, rule)
            token = self.draw(weights, self.coin(request, count))
            tokens[b, :count], tokens[b, count] = request.drafts[:count], token
            accepted[b] = self.reported(count)
            seen = not np.isfinite(target_probs[b]).all() or (q is not None and not np.isfinite(q).all())
            status[b] = self.flags(flags, token, seen)
        return Verified(tokens, accepted, status)

    def blank(self, rows: int, width: int) -> np.ndarray:
        """Return the tokens before anything is emitted."""
        return np.full((rows, width), -1, np.int32)

    def usable(self, drafts: np.ndarray, length: int, vocabulary: int) -> tuple[np.ndarray, Status]:
        """Return the drafts that take part, and what was wrong with the others."""
        kept = min(max(length, 0), len(drafts))
        flags = Status.OK if kept == length else Status.INVALID_LENGTH
        outside = np.flatnonzero((drafts[:kept] < 0) | (drafts[:kept] >= vocabulary))
        if outside.size:
            return drafts[: outside[0]], flags | Status.INVALID_TOKEN
        return drafts[:kept], flags

    def possible(self, drafts: np.ndarray, p: np.ndarray) -> np.ndarray:
        """Return the drafts before the target's first row without mass."""
        ended = np.flatnonzero(~p[: len(drafts)].any(-1))
        return drafts[: ended[0]] if ended.size else drafts

    def draft_rows(self, drafts: np.ndarray, q: np.ndarray | None, p: np.ndarray) -> np.ndarray:
        """Return the law that the drafts were drawn from."""
        return one_hot(drafts, p.shape[-1]) if q is None else mass(q)

    def target_rows(self, p: np.ndarray) -> np.ndarray:
        """Return the target's law."""
        return mass(p)

    def accepted(self, request: Request, rule: str) -> int:
        """Return how many drafts are accepted."""
        return self.accepted_by_block(request) if rule == "block" else self.accepted_by_token(request)

    def accepted_by_token(self, request: Request) -> int:
        """Walk the chain to the first rejection."""
        for i, x in enumerate(request.drafts):
            if not self.accepts(float(request.accept[i]), request.q[i, x], request.p[i, x]):
                return i
        return len(request.drafts)

    def accepts(self, uniform: float, q: float, p: float) -> bool:
        """Decide on one draft."""
        return uniform * q < p

    def accepted_by_block(self, request: Request) -> int:
        """Return the last position that passes."""
        rates = self.rates(request)
        passing = [i for i in range(1, len(rates)) if request.accept[i - 1] < self.passes(request, i, rates)]
        return max(passing, default=0)

    def rates(self, request: Request) -> list[float]:
        """P_0 = 1, P_i = min(1, P_{i-1} p(x_i) / q(x_i))."""
        rates = [1.0]
        for i, x in enumerate(request.drafts):
            reached, q = rates[-1] * request.p[i, x], request.q[i, x]
            rates.append(0.0 if reached == 0 else 1.0 if reached >= q else float(reached / q))
        return rates

    def passes(self, request: Request, i: int, rates: list[float]) -> float:
        """h_i = S / (S + 1 - P_i), and P_i for the last draft."""
        if i == len(request.drafts):
            return rates[i]
        excess = float(np.maximum(rates[i] * request.p_row(i) - request.q_row(i), 0.0).sum())
        return 1.0 if excess + 1.0 - rates[i] == 0 else excess / (excess + 1.0 - rates[i])

    def next_weights(self, request: Request, count: int, rule: str) -> np.ndarray:
        """Return the weights of the token after the accepted drafts."""
        if count == len(request.drafts):
            return request.p_row(count)
        rate = self.rates(request)[count] if rule == "block" else 1.0
        weights = self.residual(request, count, rate)
        return weights if weights.any() else self.without_residual(request, count)

    def residual(self, request: Request, i: int, rate: float) -> np.ndarray:
        """relu(P p - q) after i drafts."""
        weights: np.ndarray = np.maximum(rate * request.p_row(i) - request.q_row(i), 0.0)
        return weights

    def without_residual(self, request: Request, i: int) -> np.ndarray:
        """Return what to draw from if the residual is empty."""
        return request.p_row(i)

    def coin(self, request: Request, count: int) -> float:
        """Return the uniform that draws the last token."""
        return request.final

    def draw(self, weights: np.ndarray, uniform: float) -> int:
        """Draw by inverse CDF."""
        return draw(weights, uniform)

    def reported(self, count: int) -> int:
        """Return what ``accepted`` says of ``count`` accepted drafts."""
        return count

    def flags(self, flags: Status, token: int, seen: bool) -> int:
        """Return the status bits; ``seen`` says that a row of the request has a NaN or an infinity."""
        if token < 0:
            flags |= Status.DEGENERATE
        if seen:
            flags |= Status.NAN_SEEN
        return int(flags)
