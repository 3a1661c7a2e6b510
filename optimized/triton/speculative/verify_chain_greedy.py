# mypy: allow-untyped-defs, allow-untyped-decorators, allow-untyped-calls
"""Greedy chain verification, in Triton.

Bytes to move: 8 K + 4 read and 4 K + 12 written per request: one launch and its latency are all the
time it takes. One warp per request looks at 32 drafts at a time.
"""

import torch
import triton.language as tl

from draftproof.optimized.results import Status, Verified
from draftproof.optimized.signatures.implement import implements
from draftproof.optimized.triton.launch import kernel, require

LANES = 32

DEGENERATE = tl.constexpr(int(Status.DEGENERATE))
INVALID_TOKEN = tl.constexpr(int(Status.INVALID_TOKEN))
INVALID_LENGTH = tl.constexpr(int(Status.INVALID_LENGTH))


@kernel(
    pointers={
        "drafts": "i32",
        "lengths": "i32",
        "targets": "i32",
        "tokens": "i32",
        "accepted": "i32",
        "status": "i32",
    },
    constants={"LANES": (LANES,)},
    warps=1,
)
def _verify(
    drafts,
    lengths,
    targets,
    tokens,
    accepted,
    status,
    stride_db: tl.int64,
    stride_dk: tl.int64,
    stride_l: tl.int64,
    stride_tb: tl.int64,
    stride_tk: tl.int64,
    width: tl.int32,
    has_lengths: tl.int32,
    LANES: tl.constexpr,
):
    """Write tokens int32 [B, K+1], accepted int32 [B], status int32 [B]."""
    request = tl.program_id(0).to(tl.int64)
    given = width
    if has_lengths:
        given = tl.load(lengths + request * stride_l)
    length = tl.minimum(tl.maximum(given, 0), width)
    flags = tl.where(length == given, 0, INVALID_LENGTH)
    lanes = tl.arange(0, LANES)
    drafts += request * stride_db
    targets += request * stride_tb

    invalid = length
    differs = length
    for first in range(0, length, LANES):
        i = first + lanes
        at = i.to(tl.int64)
        draft = tl.load(drafts + at * stride_dk, mask=i < length, other=0)
        target = tl.load(targets + at * stride_tk, mask=i < length, other=0)
        invalid = tl.minimum(invalid, tl.min(tl.where(draft < 0, i, length), 0))
        differs = tl.minimum(differs, tl.min(tl.where(draft != target, i, length), 0))
    flags |= tl.where(invalid < length, INVALID_TOKEN, 0)
    position = tl.minimum(invalid, differs)
    token = tl.maximum(tl.load(targets + position.to(tl.int64) * stride_tk), -1)

    row = tokens + request * (width + 1)
    for first in range(0, width + 1, LANES):
        i = first + lanes
        draft = tl.load(drafts + i.to(tl.int64) * stride_dk, mask=i < position, other=-1)
        tl.store(row + i, tl.where(i == position, token, draft), mask=i <= width)
    tl.store(accepted + request, position)
    tl.store(status + request, flags | tl.where(token < 0, DEGENERATE, 0))


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

    draft_tokens int32 [B, K], draft_lengths int32 [B] or None (= K), target_tokens int32 [B, K+1],
    any strides; returns tokens int32 [B, K+1], accepted and status int32 [B]. ``check`` synchronises
    and raises on a status bit.
    """
    device = target_tokens.device
    require("verify_chain_greedy", device)
    if B:
        # An absent tensor needs a pointer all the same; it is not read.
        lengths = target_tokens if draft_lengths is None else draft_lengths
        _verify.launch(
            B,
            device,
            drafts=draft_tokens,
            lengths=lengths,
            targets=target_tokens,
            tokens=out.tokens,
            accepted=out.accepted,
            status=out.status,
            stride_db=draft_tokens.stride(0),
            stride_dk=draft_tokens.stride(1),
            stride_l=lengths.stride(0),
            stride_tb=target_tokens.stride(0),
            stride_tk=target_tokens.stride(1),
            width=K,
            has_lengths=int(draft_lengths is not None),
            LANES=LANES,
        )
