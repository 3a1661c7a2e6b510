"""Verification of a drafted chain by rejection sampling, in Triton: the token rule and the block rule.

Bytes to move per request: p(x_i) and q(x_i) of its drafts, then the rows the last token is drawn
from: the target's alone if everything was accepted (4 V), target's and draft's after a rejection
(8 V). The rows that the drafts' own probabilities rule out are never touched. Two launches:

    sum_tiles   one program per tile of a request's rows, or per several tiles where the batch fills
                the chip. Each decides the request's fate by itself, from the same few numbers, and
                sums relu(P p - q) and p over its tiles.
    emit        one program per request: decides again (while the sums are still running), finds
                the tile in float64, reads that tile again and scans it in float64.

Under the block rule position i passes only if u_i < h_i, and h_i needs the sum of a whole row, but
h_i <= P_i, which does not. So ``sum_tiles`` sums, from the top down, the positions that P leaves
open, up to the first that passes for sure (P_i = 1, position 0 at the latest), and ``emit`` takes
the first that passes. Which rows those are depends on the request alone: nothing waits for the host.
A target's row without mass ends the chain: the position before it passes if u_i < P_i, and P is 0 behind it.

The sums are scratch of 12 bytes per tile and open position, written before they are read.
"""

import torch
import triton

from draftproof.optimized.results import Verified
from draftproof.optimized.signatures.implement import implements
from draftproof.optimized.triton.launch import aligned, contiguous_rows, require
from draftproof.optimized.triton.row import LANES, MAX_TILES, tiles_per_program, tiling
from draftproof.optimized.triton.speculative.chain_emit import emit
from draftproof.optimized.triton.speculative.chain_sums import DRAFTS, sum_tiles


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

    draft_tokens int32 [B, K] with K <= 256, draft_lengths int32 [B] or None (= K), draft_probs
    float32 [B, K, V] or None (one-hot), target_probs float32 [B, K+1, V], accept_uniforms [B, K] and
    sample_uniforms [B] float32 or float64; any strides. ``rule`` is "token" or "block"; ``check``
    synchronises and raises on a status bit. Returns tokens int32 [B, K+1], accepted and status int32 [B].
    """
    target_probs, device = contiguous_rows(target_probs), target_probs.device
    require("verify_chain", device)
    if DRAFTS[-1] < K:
        raise ValueError(f"verify_chain: K must be at most {DRAFTS[-1]}, got {K}")
    if B:
        tiles, blocks = tiling(V)
        slots = K + 1 if rule == "block" else 1
        # An absent tensor needs a pointer all the same; it is not read.
        q = target_probs if draft_probs is None else contiguous_rows(draft_probs)
        lengths = draft_tokens if draft_lengths is None else draft_lengths.contiguous()
        draft_tokens, accept_uniforms = contiguous_rows(draft_tokens), contiguous_rows(accept_uniforms)
        chain = {
            "drafts": draft_tokens,
            "lengths": lengths,
            "q": q,
            "p": target_probs,
            "accept_uniforms": accept_uniforms,
            "sums": torch.empty((B, slots, 3, tiles), dtype=torch.float32, device=device),
            "stride_db": draft_tokens.stride(0),
            "stride_qb": q.stride(0),
            "stride_qk": q.stride(1),
            "stride_pb": target_probs.stride(0),
            "stride_pk": target_probs.stride(1),
            "stride_ub": accept_uniforms.stride(0),
            "width": K,
            "vocabulary": V,
            "has_lengths": int(draft_lengths is not None),
            "has_q": int(draft_probs is not None),
            "tiles": tiles,
            "blocks": blocks,
            "BLOCK_RULE": rule == "block",
            "ALIGNED": aligned(target_probs, q),
            "DRAFTS": DRAFTS[0] if DRAFTS[0] >= K else DRAFTS[1],
            "LANES": LANES,
        }
        share = tiles_per_program(B, tiles, device)
        per_request = triton.cdiv(tiles, share)
        sum_tiles.launch(B * per_request, device, **chain, per_request=per_request, share=share)
        emit.launch(
            B,
            device,
            **chain,
            sample_uniforms=sample_uniforms.contiguous(),
            tokens=out.tokens,
            accepted=out.accepted,
            status=out.status,
            MAX_TILES=MAX_TILES,
        )
