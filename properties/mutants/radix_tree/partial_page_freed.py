"""A page is freed though it holds a kept slot."""

from draftproof.reference import prefix

STORY = "SGLang 7112: as many tokens are freed as were asked for, not whole pages."
KILLED_BY = ("model", "evict splits")
CONFORMANCE = {"arrays": "numpy"}


class RadixTree(prefix.RadixTree):
    """Cuts tokens, not pages."""

    def _cut(self, node: int, count: int) -> list[int]:
        """Cut just ``count`` tokens off."""
        slots = super()._cut(node, count)
        return slots[max(0, len(slots) - count) :]
