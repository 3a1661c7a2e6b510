"""What the operations return, and the bits of ``status``.

The annotations are part of each operation's declaration (``draftproof.optimized.signatures``).
"""

from enum import IntFlag
from typing import Annotated, NamedTuple

import torch


class Status(IntFlag):
    """Bits of the int32 ``status`` of a request; their meaning is that of ``draftproof.reference``."""

    OK = 0
    DEGENERATE = 1
    INVALID_TOKEN = 2
    NAN_SEEN = 4
    INVALID_TREE = 8
    INVALID_LENGTH = 16


class Verified(NamedTuple):
    """The outcome of verifying one drafted chain per request."""

    tokens: Annotated[torch.Tensor, "int32 [B, K+1]"]
    """The accepted drafts, then one new token, then -1."""
    accepted: Annotated[torch.Tensor, "int32 [B]"]
    """How many drafts were accepted, 0 to K."""
    status: Annotated[torch.Tensor, "int32 [B]"]
    """Bits of ``Status``."""


class Sampled(NamedTuple):
    """One token per row."""

    tokens: Annotated[torch.Tensor, "int32 [B]"]
    """The drawn id, or -1 for a row without mass."""
    status: Annotated[torch.Tensor, "int32 [B]"]
    """Bits of ``Status``."""


class PrefixMatch(NamedTuple):
    """The longest cached prefix of each request."""

    lengths: Annotated[torch.Tensor, "int32 [R]"]
    """Matched tokens, a multiple of the page size."""
    nodes: Annotated[torch.Tensor, "int32 [R]"]
    """The node in whose edge the match ends, the root if nothing matched, -1 without a root."""
    status: Annotated[torch.Tensor, "int32 [R]"]
    """Bits of ``Status``."""


class BlockTables(NamedTuple):
    """The pages of each request's matched prefix."""

    tables: Annotated[torch.Tensor, "int32 [R, width]"]
    """One page per block of tokens, then -1."""
    status: Annotated[torch.Tensor, "int32 [R]"]
    """Bits of ``Status``."""


def raise_on(operation: str, status: torch.Tensor) -> None:
    """Synchronise once and raise ValueError if any request has a status bit set (``check=True``)."""
    codes = status.tolist()
    wrong = [(row, Status(code)) for row, code in enumerate(codes) if code]
    if wrong:
        shown = "; ".join(f"row {row}: {code.name}" for row, code in wrong[:8])
        more = f"; and {len(wrong) - 8} more rows" if len(wrong) > 8 else ""
        raise ValueError(f"{operation}: {shown}{more}")
