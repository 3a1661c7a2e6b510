"""Every answer is remembered."""

from collections.abc import Hashable, Sequence

import numpy as np

from draftproof.reference import prefix
from draftproof.reference.prefix.node import Match

STORY = "A classic leak: a log of what was matched, which nobody reads and nobody empties."
KILLED_BY = ("memory kept",)
CONFORMANCE = {"arrays": "numpy"}


class RadixTree(prefix.RadixTree):
    """Keeps what it has answered."""

    def __init__(self, page_size: int = 1, policy: str = "lru") -> None:
        super().__init__(page_size, policy)
        self.log: list[Match] = []

    def match(self, tokens: np.ndarray | Sequence[int], *, namespace: Hashable = None) -> Match:
        """Match and remember."""
        self.log.append(super().match(tokens, namespace=namespace))
        return self.log[-1]
