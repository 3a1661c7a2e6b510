"""Tokens are compared by their low byte."""

from draftproof.reference import prefix
from draftproof.reference.prefix.node import Walk

STORY = "vllm-mlx 444: keys are made of token & 255, so that different prompts share a prefix."
KILLED_BY = ("model",)
CONFORMANCE = {"arrays": "numpy"}


class RadixTree(prefix.RadixTree):
    """Knows 256 tokens."""

    def _walk(self, root: int, tokens: list[int]) -> Walk:
        """Walk along the low bytes."""
        return super()._walk(root, [token & 255 for token in tokens])

    def _grow(self, parent: int, edge: list[int], slots: list[int], priority: int) -> int:
        """Store the low bytes."""
        return super()._grow(parent, [token & 255 for token in edge], slots, priority)
