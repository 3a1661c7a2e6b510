"""Chain verification by rejection sampling, CUDA C++."""

import torch

from draftproof.optimized.arguments import speculative as arguments
from draftproof.optimized.cuda import split
from draftproof.optimized.cuda.library import Entry, Flag, Number, Pointer, strided
from draftproof.optimized.results import Verified, raise_on

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


def verify_chain(
    draft_tokens: torch.Tensor,
    draft_lengths: torch.Tensor | None,
    draft_probs: torch.Tensor | None,
    target_probs: torch.Tensor,
    accept_uniforms: torch.Tensor,
    sample_uniforms: torch.Tensor,
    *,
    rule: str = "token",
    check: bool = False,
) -> Verified:
    """Accept a prefix of each drafted chain and draw one more token, so that the target's law is kept.

    Shapes, rules and status as in ``draftproof.reference.verify_chain``; ``check`` raises on a
    status bit. Positions that cannot pass under the block rule are left unread, which is right for
    rows that sum to at most 1 + 1e-4.
    """
    arguments.verify_chain(
        draft_tokens, draft_lengths, draft_probs, target_probs, accept_uniforms, sample_uniforms, rule
    )
    verified = Verified(
        *_verify_chain(
            draft_tokens, draft_lengths, draft_probs, target_probs, accept_uniforms, sample_uniforms, rule
        )
    )
    if check:
        raise_on("verify_chain", verified.status)
    return verified


@torch.library.custom_op("draftproof_cuda::verify_chain", mutates_args=(), device_types="cuda")
def _verify_chain(
    draft_tokens: torch.Tensor,
    draft_lengths: torch.Tensor | None,
    draft_probs: torch.Tensor | None,
    target_probs: torch.Tensor,
    accept_uniforms: torch.Tensor,
    sample_uniforms: torch.Tensor,
    rule: str,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    requests, width = draft_tokens.shape
    tokens, accepted, status = _outputs(draft_tokens)
    if requests == 0:
        return tokens, accepted, status
    target = _rows(target_probs)
    draft = None if draft_probs is None else _rows(draft_probs)
    vocabulary = target.shape[-1]
    ENTRY(
        target.device,
        *strided(draft_tokens, 2),
        *strided(draft_lengths, 1),
        *strided(draft, 2),
        *strided(target, 2),
        *strided(accept_uniforms, 2),
        *strided(sample_uniforms, 1),
        accept_uniforms.dtype == torch.float64,
        *(tokens, accepted, status),
        *(requests, width, vocabulary, rule == "block"),
        *split.draw(KERNEL, requests, vocabulary, target.device.index, several_passes=rule == "block"),
    )
    return tokens, accepted, status


@_verify_chain.register_fake
def _(
    draft_tokens: torch.Tensor,
    draft_lengths: torch.Tensor | None,
    draft_probs: torch.Tensor | None,
    target_probs: torch.Tensor,
    accept_uniforms: torch.Tensor,
    sample_uniforms: torch.Tensor,
    rule: str,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    return _outputs(draft_tokens)


def _outputs(draft_tokens: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    requests, width = draft_tokens.shape
    return (
        draft_tokens.new_empty(requests, width + 1),
        draft_tokens.new_empty(requests),
        draft_tokens.new_empty(requests),
    )


def _rows(probs: torch.Tensor) -> torch.Tensor:
    """``probs`` with adjacent elements along V, copied only if they are not."""
    return probs if probs.stride(-1) == 1 or probs.shape[-1] == 1 else probs.contiguous()
