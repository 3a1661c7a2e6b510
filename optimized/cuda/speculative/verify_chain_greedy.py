"""Greedy chain verification, CUDA C++."""

import torch

from draftproof.optimized.cuda.library import Entry, Flag, Number, Pointer, strided
from draftproof.optimized.results import Verified
from draftproof.optimized.signatures.implement import implements

ENTRY = Entry(
    "speculative/verify_chain_greedy",
    "draftproof_verify_chain_greedy",
    *(Pointer, Number, Number),  # draft_tokens and its strides
    *(Pointer, Number),  # draft_lengths
    *(Pointer, Number, Number),  # target_tokens
    *(Pointer, Pointer, Pointer),  # tokens, accepted, status
    *(Number, Flag),  # B, K
)


@implements
def verify_chain_greedy(
    draft_tokens: torch.Tensor,
    draft_lengths: torch.Tensor | None,
    target_tokens: torch.Tensor,
    out: Verified,
    B: int,
    K: int,
) -> None:
    """Accept drafts while they equal the target's tokens, then emit the target's next one.

    draft_tokens int32 [B, K], draft_lengths int32 [B] or None, target_tokens int32 [B, K+1];
    ``check`` raises on a status bit.
    """
    if B > 0:
        ENTRY(
            target_tokens.device,
            *strided(draft_tokens, 2),
            *strided(draft_lengths, 1),
            *strided(target_tokens, 2),
            *out,
            *(B, K),
        )
