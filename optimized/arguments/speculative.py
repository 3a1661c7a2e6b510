"""Arguments of the verification operations."""

import torch

from draftproof.optimized.arguments.check import UNIFORMS, Arguments

RULES = ("token", "block")


def verify_chain(
    draft_tokens: torch.Tensor,
    draft_lengths: torch.Tensor | None,
    draft_probs: torch.Tensor | None,
    target_probs: torch.Tensor,
    accept_uniforms: torch.Tensor,
    sample_uniforms: torch.Tensor,
    rule: str,
) -> tuple[int, int, int]:
    """Return (B, K, V), or raise TypeError or ValueError."""
    args = Arguments("verify_chain")
    args.tensor("draft_tokens", draft_tokens, ("B", "K"), torch.int32)
    if draft_lengths is not None:
        args.tensor("draft_lengths", draft_lengths, ("B",), torch.int32)
    args.tensor("target_probs", target_probs, ("B", ("K", 1), "V"), torch.float32)
    if draft_probs is not None:
        args.tensor("draft_probs", draft_probs, ("B", "K", "V"), torch.float32)
    args.tensor("accept_uniforms", accept_uniforms, ("B", "K"), *UNIFORMS)
    args.tensor("sample_uniforms", sample_uniforms, ("B",), accept_uniforms.dtype)
    args.choice("rule", rule, RULES)
    return args.sizes["B"], args.sizes["K"], args.sizes["V"]


def verify_chain_greedy(
    draft_tokens: torch.Tensor, draft_lengths: torch.Tensor | None, target_tokens: torch.Tensor
) -> tuple[int, int]:
    """Return (B, K), or raise TypeError or ValueError."""
    args = Arguments("verify_chain_greedy")
    args.tensor("draft_tokens", draft_tokens, ("B", "K"), torch.int32)
    if draft_lengths is not None:
        args.tensor("draft_lengths", draft_lengths, ("B",), torch.int32)
    args.tensor("target_tokens", target_tokens, ("B", ("K", 1)), torch.int32)
    return args.sizes["B"], args.sizes["K"]
