"""Chain verification by rejection sampling, CUDA C++."""

import torch

from draftproof.optimized.cuda import split
from draftproof.optimized.cuda.library import Entry, Flag, Number, Pointer, index_of, strided
from draftproof.optimized.results import Verified
from draftproof.optimized.signatures.implement import implements

KERNEL = "speculative/verify_chain"
ENTRY = Entry(
    KERNEL,
    "draftproof_verify_chain",
    *(Pointer, Number, Number),  # draft_tokens and its strides
    *(Pointer, Number),  # draft_lengths
    *(Pointer, Number, Number),  # draft_probs
    *(Pointer, Number, Number),  # target_probs
    *(Pointer, Number, Number),  # accept_uniforms
    *(Pointer, Number),  # sample_uniforms
    Flag,  # are the uniforms float64
    *(Pointer, Pointer, Pointer),  # tokens, accepted, status
    *(Number, Flag, Flag, Flag),  # B, K, V, rule
    *(Flag, Flag),  # blocks per request, threads per block
)


@implements
def verify_chain(
    draft_tokens: torch.Tensor,
    draft_lengths: torch.Tensor | None,
    draft_probs: torch.Tensor | None,
    target_probs: torch.Tensor,
    accept_uniforms: torch.Tensor,
    sample_uniforms: torch.Tensor,
    rule: str,
    out: Verified,
    B: int,
    K: int,
    V: int,
) -> None:
    """Accept a prefix of each drafted chain and draw one more token, so that the target's law is kept.

    Shapes, rules and status as in ``draftproof.reference.verify_chain``; ``check`` raises on a
    status bit. Positions that cannot pass under the block rule are left unread, which is right for
    rows that sum to at most 1 + 1e-4.
    """
    if B == 0:
        return
    target = _rows(target_probs)
    draft = None if draft_probs is None else _rows(draft_probs)
    ENTRY(
        target.device,
        *strided(draft_tokens, 2),
        *strided(draft_lengths, 1),
        *strided(draft, 2),
        *strided(target, 2),
        *strided(accept_uniforms, 2),
        *strided(sample_uniforms, 1),
        accept_uniforms.dtype == torch.float64,
        *out,
        *(B, K, V, rule == "block"),
        *split.draw(KERNEL, B, V, index_of(target.device), several_passes=rule == "block"),
    )


def _rows(probs: torch.Tensor) -> torch.Tensor:
    """``probs`` with adjacent elements along V, copied only if they are not."""
    return probs if probs.stride(-1) == 1 or probs.shape[-1] == 1 else probs.contiguous()
