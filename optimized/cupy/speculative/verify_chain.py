"""Chain verification by rejection sampling with CuPy."""

from pathlib import Path

import numpy as np
import torch

from draftproof.optimized.arguments import speculative as arguments
from draftproof.optimized.cupy.kernel import Kernel
from draftproof.optimized.cupy.views import address, dense_rows, uniforms_view, view
from draftproof.optimized.results import Verified, raise_on

VERIFY_CHAIN = Kernel(Path(__file__).with_suffix(".cu"), "verify_chain", threads=1024)


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
    status bit.
    """
    requests, width, vocabulary = arguments.verify_chain(
        draft_tokens, draft_lengths, draft_probs, target_probs, accept_uniforms, sample_uniforms, rule
    )
    draft_probs, target_probs = dense_rows(draft_probs), dense_rows(target_probs)
    device = target_probs.device
    tokens = torch.empty(requests, width + 1, dtype=torch.int32, device=device)
    accepted = torch.empty(requests, dtype=torch.int32, device=device)
    status = torch.empty_like(accepted)
    VERIFY_CHAIN.launch(
        device,
        requests,
        view(draft_tokens, 2),
        view(draft_lengths, 1),
        view(draft_probs, 3),
        view(target_probs, 3),
        uniforms_view(accept_uniforms),
        uniforms_view(sample_uniforms),
        np.int32(rule == "block"),
        np.int32(width),
        np.int64(vocabulary),
        address(tokens),
        address(accepted),
        address(status),
    )
    if check:
        raise_on("verify_chain", status)
    return Verified(tokens, accepted, status)
