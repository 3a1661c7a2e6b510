"""Greedy chain verification with CuPy."""

from pathlib import Path

import numpy as np
import torch

from draftproof.optimized.arguments import speculative as arguments
from draftproof.optimized.cupy.kernel import Kernel
from draftproof.optimized.cupy.views import address, view
from draftproof.optimized.results import Verified, raise_on

VERIFY_CHAIN_GREEDY = Kernel(Path(__file__).with_suffix(".cu"), "verify_chain_greedy", threads=32)


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
    requests, width = arguments.verify_chain_greedy(draft_tokens, draft_lengths, target_tokens)
    tokens = torch.empty(requests, width + 1, dtype=torch.int32, device=draft_tokens.device)
    accepted = torch.empty(requests, dtype=torch.int32, device=draft_tokens.device)
    status = torch.empty_like(accepted)
    VERIFY_CHAIN_GREEDY.launch(
        draft_tokens.device,
        requests,
        view(draft_tokens, 2),
        view(draft_lengths, 1),
        view(target_tokens, 2),
        np.int32(width),
        address(tokens),
        address(accepted),
        address(status),
    )
    if check:
        raise_on("verify_chain_greedy", status)
    return Verified(tokens, accepted, status)
