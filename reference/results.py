"""What the oracles return."""

from typing import NamedTuple

import numpy as np


class Verified(NamedTuple):
    """The outcome of verifying one drafted chain per request."""

    tokens: np.ndarray
    """int32 [B, K+1]: the accepted drafts, then one new token, then -1."""
    accepted: np.ndarray
    """int32 [B]: how many drafts were accepted, 0 to K."""
    status: np.ndarray
    """int32 [B]: bits of ``Status``."""


class Sampled(NamedTuple):
    """One token per row."""

    tokens: np.ndarray
    """int32 [B]: the drawn id, or -1 for a row without mass."""
    status: np.ndarray
    """int32 [B]: bits of ``Status``."""


class PrefixMatch(NamedTuple):
    """The longest cached prefix of each request."""

    lengths: np.ndarray
    """int32 [R]: matched tokens, whole pages."""
    nodes: np.ndarray
    """int32 [R]: the node in whose edge the match ends; the root if nothing matched, -1 without a root."""
    status: np.ndarray
    """int32 [R]: bits of ``Status``."""


class BlockTables(NamedTuple):
    """The pages of each request's matched prefix."""

    tables: np.ndarray
    """int32 [R, width]: one page per page of tokens, then -1."""
    status: np.ndarray
    """int32 [R]: bits of ``Status``."""
