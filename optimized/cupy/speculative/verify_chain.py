"""Chain verification by rejection sampling with CuPy."""

from pathlib import Path

import numpy as np
import torch

from draftproof.optimized.cupy.kernel import Kernel
from draftproof.optimized.cupy.views import address, dense_rows, uniforms_view, view
from draftproof.optimized.results import Verified
from draftproof.optimized.signatures.implement import implements

VERIFY_CHAIN = Kernel(Path(__file__).with_suffix(".cu"), "verify_chain", threads=1024)


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
    status bit.
    """
    draft_probs, target_probs = dense_rows(draft_probs), dense_rows(target_probs)
    VERIFY_CHAIN.launch(
        target_probs.device,
        B,
        view(draft_tokens, 2),
        view(draft_lengths, 1),
        view(draft_probs, 3),
        view(target_probs, 3),
        uniforms_view(accept_uniforms),
        uniforms_view(sample_uniforms),
        np.int32(rule == "block"),
        np.int32(K),
        np.int64(V),
        address(out.tokens),
        address(out.accepted),
        address(out.status),
    )
