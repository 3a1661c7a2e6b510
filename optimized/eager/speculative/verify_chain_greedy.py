"""Greedy chain verification in PyTorch."""

from typing import Annotated

import torch

from draftproof.optimized.eager.speculative.drafts import emitted, leading, usable
from draftproof.optimized.results import Status, Verified
from draftproof.optimized.signatures.implement import implements


@implements
def verify_chain_greedy(
    draft_tokens: Annotated[torch.Tensor, "int32 [B, K]"],
    draft_lengths: Annotated[torch.Tensor, "int32 [B]"] | None,
    target_tokens: Annotated[torch.Tensor, "int32 [B, K+1]"],
) -> Verified:
    """Accept drafts while they equal the target's tokens, then emit the target's next one.

    draft_tokens int32 [B, K], draft_lengths int32 [B] or None, target_tokens int32 [B, K+1];
    ``check`` raises on a status bit.
    """
    lengths, status = usable(draft_tokens, draft_lengths, draft_tokens >= 0)
    accepted = torch.minimum(leading(draft_tokens == target_tokens[:, :-1]), lengths)
    last = target_tokens.gather(1, accepted[:, None])[:, 0].clamp(min=-1)
    status = (status | Status.DEGENERATE * (last < 0)).int()
    return Verified(emitted(draft_tokens, accepted, last), accepted.int(), status)
