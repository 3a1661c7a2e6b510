"""Operations of speculative for the package's top: written by generate.py."""

from typing import Annotated, Literal

import torch

from draftproof.optimized.dispatch import Backend, call
from draftproof.optimized.results import Verified


def verify_chain(
    draft_tokens: Annotated[torch.Tensor, "int32 [B, K]"],
    draft_lengths: Annotated[torch.Tensor, "int32 [B]"] | None,
    draft_probs: Annotated[torch.Tensor, "float32 [B, K, V]"] | None,
    target_probs: Annotated[torch.Tensor, "float32 [B, K+1, V], V at least 1"],
    accept_uniforms: Annotated[torch.Tensor, "uniform [B, K]"],
    sample_uniforms: Annotated[torch.Tensor, "uniform [B]"],
    *,
    rule: Literal["token", "block"] = "token",
    check: bool = False,
    backend: Backend | None = None,
) -> Verified:
    """Accept a prefix of each drafted chain and draw one more token, so that the target's law is kept.

    Shapes, rules and status as in ``draftproof.reference.verify_chain``; ``check`` raises on a
    status bit.
    """
    outcome: Verified = call(
        "verify_chain",
        backend,
        draft_tokens,
        draft_lengths,
        draft_probs,
        target_probs,
        accept_uniforms,
        sample_uniforms,
        rule=rule,
        check=check,
    )
    return outcome


def verify_chain_greedy(
    draft_tokens: Annotated[torch.Tensor, "int32 [B, K]"],
    draft_lengths: Annotated[torch.Tensor, "int32 [B]"] | None,
    target_tokens: Annotated[torch.Tensor, "int32 [B, K+1]"],
    *,
    check: bool = False,
    backend: Backend | None = None,
) -> Verified:
    """Accept drafts while they equal the target's tokens, then emit the target's next one.

    draft_tokens int32 [B, K], draft_lengths int32 [B] or None, target_tokens int32 [B, K+1];
    ``check`` raises on a status bit.
    """
    outcome: Verified = call(
        "verify_chain_greedy",
        backend,
        draft_tokens,
        draft_lengths,
        target_tokens,
        check=check,
    )
    return outcome
