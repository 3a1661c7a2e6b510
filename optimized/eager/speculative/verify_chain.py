"""Chain verification by rejection sampling in PyTorch."""

from typing import Annotated, Literal

import torch

from draftproof.optimized.eager.distribution import draw, mass
from draftproof.optimized.eager.speculative.drafts import emitted, leading, usable
from draftproof.optimized.results import Status, Verified
from draftproof.optimized.signatures.implement import implements


@implements
def verify_chain(
    draft_tokens: Annotated[torch.Tensor, "int32 [B, K]"],
    draft_lengths: Annotated[torch.Tensor, "int32 [B]"] | None,
    draft_probs: Annotated[torch.Tensor, "float32 [B, K, V]"] | None,
    target_probs: Annotated[torch.Tensor, "float32 [B, K+1, V], V at least 1"],
    accept_uniforms: Annotated[torch.Tensor, "uniform [B, K]"],
    sample_uniforms: Annotated[torch.Tensor, "uniform [B]"],
    *,
    rule: Literal["token", "block"] = "token",
    K: int,
    V: int,
) -> Verified:
    """Accept a prefix of each drafted chain and draw one more token, so that the target's law is kept.

    Shapes, rules and status as in ``draftproof.reference.verify_chain``; ``check`` raises on a
    status bit.
    """
    valid = (draft_tokens >= 0) & (draft_tokens < V)
    lengths, status = usable(draft_tokens, draft_lengths, valid)
    drafts = torch.where(valid, draft_tokens, 0).long()
    target_read = target_probs[:, :K].gather(-1, drafts[..., None])[..., 0]
    if draft_probs is None:
        draft_read = torch.ones_like(target_read)
    else:
        draft_read = draft_probs.gather(-1, drafts[..., None])[..., 0]
    rows = _Rows(drafts, draft_probs, target_probs)
    uniforms = accept_uniforms.double()

    if rule == "token":
        holds = uniforms * mass(draft_read) < mass(target_read)
        columns = torch.arange(K, device=drafts.device)
        accepted = leading(holds & (columns < lengths[:, None]))
        decided = columns <= accepted[:, None]  # p(x) and q(x) were read up to the rejection
        rates = torch.ones_like(accepted, dtype=torch.float64)
    else:
        accepted, rates = _block(uniforms, mass(draft_read), mass(target_read), lengths, rows)
        decided = torch.ones_like(valid)
    in_chain = torch.arange(K, device=drafts.device) < lengths[:, None]
    doubtful = ~target_read.isfinite() | ~draft_read.isfinite()
    nan_seen = (doubtful & decided & in_chain).any(-1) | rows.nan_seen

    target, draft = rows.target(accepted), rows.draft(accepted)
    weights = mass(target)
    residual = (rates[:, None] * weights - mass(draft)).clamp(min=0)
    rejected = (accepted < lengths)[:, None] & (residual > 0).any(-1, keepdim=True)
    last = draw(torch.where(rejected, residual, weights), sample_uniforms)
    nan_seen = nan_seen | (~target.isfinite()).any(-1)
    nan_seen = nan_seen | ((~draft.isfinite()).any(-1) & (accepted < lengths))

    status = status | Status.DEGENERATE * (last < 0) | Status.NAN_SEEN * nan_seen
    return Verified(emitted(draft_tokens, accepted, last), accepted.int(), status.int())


class _Rows:
    """The rows q [B, K, V] and p [B, K+1, V], taken one position per request."""

    def __init__(self, drafts: torch.Tensor, q: torch.Tensor | None, p: torch.Tensor) -> None:
        self.drafts, self.q, self.p = drafts, q, p
        self.batch = torch.arange(len(drafts), device=p.device)
        self.nan_seen = torch.zeros(len(drafts), dtype=torch.bool, device=p.device)

    def target(self, positions: torch.Tensor) -> torch.Tensor:
        """Return p after ``positions`` drafts: [B, V]."""
        return self.p[self.batch, positions]

    def draft(self, positions: torch.Tensor) -> torch.Tensor:
        """Return q after ``positions`` drafts: [B, V]; the last row stands in after K drafts."""
        width = self.drafts.shape[1]
        if width == 0:
            return torch.zeros_like(self.p[:, 0])
        positions = positions.clamp(max=width - 1)
        if self.q is not None:
            return self.q[self.batch, positions]
        chosen = self.drafts.gather(1, positions[:, None])
        return torch.zeros_like(self.p[:, 0]).scatter_(1, chosen, 1.0)


def _block(
    uniforms: torch.Tensor, q_read: torch.Tensor, p_read: torch.Tensor, lengths: torch.Tensor, rows: _Rows
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the accepted drafts and the rate P at that position: int64 [B], float64 [B]."""
    rate = torch.ones(len(lengths), dtype=torch.float64, device=lengths.device)
    accepted, rate_there = torch.zeros_like(lengths), rate
    for i in range(1, uniforms.shape[1] + 1):
        product = rate * p_read[:, i - 1]
        ratio = product / q_read[:, i - 1]
        rate = torch.where(product == 0, 0.0, torch.where(product >= q_read[:, i - 1], 1.0, ratio))
        here = torch.full_like(lengths, i)
        target, draft = rows.target(here), rows.draft(here)
        weights = mass(target)
        excess = (rate[:, None] * weights - mass(draft)).clamp(min=0).sum(-1)
        rest = excess + (1.0 - rate)
        # A target's row without mass ends the chain: P is 0 behind it, and the draft before it is the last.
        last = (lengths == i) | ~(weights > 0).any(-1)
        passes = torch.where(last, rate, torch.where(rest == 0, 1.0, excess / rest))
        tau = (i <= lengths) & (uniforms[:, i - 1] < passes)
        accepted = torch.where(tau, i, accepted)
        rate_there = torch.where(tau, rate, rate_there)
        read = ~target.isfinite().all(-1) | ~draft.isfinite().all(-1)
        rows.nan_seen |= read & (i < lengths)
    return accepted, rate_there
