"""Greedy chain verification with CuPy."""

from pathlib import Path

import numpy as np
import torch

from draftproof.optimized.cupy.kernel import Kernel
from draftproof.optimized.cupy.views import address, view
from draftproof.optimized.results import Verified
from draftproof.optimized.signatures.implement import implements

VERIFY_CHAIN_GREEDY = Kernel(Path(__file__).with_suffix(".cu"), "verify_chain_greedy", threads=32)


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
    VERIFY_CHAIN_GREEDY.launch(
        draft_tokens.device,
        B,
        view(draft_tokens, 2),
        view(draft_lengths, 1),
        view(target_tokens, 2),
        np.int32(K),
        address(out.tokens),
        address(out.accepted),
        address(out.status),
    )
