"""Greedy chain verification, CUDA C++."""

import torch

from draftproof.optimized.arguments import speculative as arguments
from draftproof.optimized.cuda.library import Entry, Flag, Number, Pointer, strided
from draftproof.optimized.results import Verified, raise_on

ENTRY = Entry(
    "speculative/verify_chain_greedy",
    "draftproof_verify_chain_greedy",
    *(Pointer, Number, Number),  # draft_tokens and its strides
    *(Pointer, Number),  # draft_lengths
    *(Pointer, Number, Number),  # target_tokens
    *(Pointer, Pointer, Pointer),  # tokens, accepted, status
    *(Number, Flag),  # B, K
)


def verify_chain_greedy(
    draft_tokens: torch.Tensor,
    draft_lengths: torch.Tensor | None,
    target_tokens: torch.Tensor,
    *,
    check: bool = False,
) -> Verified:
    """Accept drafts while they equal the target's tokens, then emit the target's next one.

    draft_tokens int32 [B, K], draft_lengths int32 [B] or None, target_tokens int32 [B, K+1];
    ``check`` raises on a status bit.
    """
    arguments.verify_chain_greedy(draft_tokens, draft_lengths, target_tokens)
    verified = Verified(*_verify_chain_greedy(draft_tokens, draft_lengths, target_tokens))
    if check:
        raise_on("verify_chain_greedy", verified.status)
    return verified


@torch.library.custom_op("draftproof_cuda::verify_chain_greedy", mutates_args=(), device_types="cuda")
def _verify_chain_greedy(
    draft_tokens: torch.Tensor, draft_lengths: torch.Tensor | None, target_tokens: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    requests, width = draft_tokens.shape
    outputs = _outputs(target_tokens)
    if requests > 0:
        ENTRY(
            target_tokens.device,
            *strided(draft_tokens, 2),
            *strided(draft_lengths, 1),
            *strided(target_tokens, 2),
            *outputs,
            *(requests, width),
        )
    return outputs


@_verify_chain_greedy.register_fake
def _(
    draft_tokens: torch.Tensor, draft_lengths: torch.Tensor | None, target_tokens: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    return _outputs(target_tokens)


def _outputs(target_tokens: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    requests, columns = target_tokens.shape
    return (
        target_tokens.new_empty(requests, columns),
        target_tokens.new_empty(requests),
        target_tokens.new_empty(requests),
    )
