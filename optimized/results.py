"""What the operations return, and the bits of ``status``."""

from enum import IntFlag
from typing import NamedTuple

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

    tokens: torch.Tensor
    """int32 [B, K+1]: the accepted drafts, then one new token, then -1."""
    accepted: torch.Tensor
    """int32 [B]: how many drafts were accepted, 0 to K."""
    status: torch.Tensor
    """int32 [B]: bits of ``Status``."""


class Sampled(NamedTuple):
    """One token per row."""

    tokens: torch.Tensor
    """int32 [B]: the drawn id, or -1 for a row without mass."""
    status: torch.Tensor
    """int32 [B]: bits of ``Status``."""


def raise_on(operation: str, status: torch.Tensor) -> None:
    """Synchronise once and raise ValueError if any request has a status bit set (``check=True``)."""
    codes = status.tolist()
    wrong = [(row, Status(code)) for row, code in enumerate(codes) if code]
    if wrong:
        shown = "; ".join(f"row {row}: {code.name}" for row, code in wrong[:8])
        more = f"; and {len(wrong) - 8} more rows" if len(wrong) > 8 else ""
        raise ValueError(f"{operation}: {shown}{more}")
