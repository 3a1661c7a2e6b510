"""The bits of an operation's ``status`` output."""

from enum import IntFlag


class Status(IntFlag):
    """What a kernel has to say about one request; kernels never raise.

    A request may carry several bits. ``OK`` is their absence.
    """

    OK = 0
    DEGENERATE = 1
    """A row that had to be drawn from has no positive mass; the token is -1."""
    INVALID_TOKEN = 2
    """An id outside the vocabulary was drafted; the chain ends before it."""
    NAN_SEEN = 4
    """A NaN or an infinity took part in the answer and counted as no mass."""
    INVALID_TREE = 8
    """A link of a tree is out of range or cyclic, or a node malformed; the branch ends before it."""
    INVALID_LENGTH = 16
    """A length was outside [0, K] and was clamped."""
