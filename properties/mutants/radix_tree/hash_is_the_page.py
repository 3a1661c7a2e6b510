"""A page's hash stands for the page."""

from draftproof.reference import prefix
from draftproof.reference.prefix.node import Walk

STORY = "vLLM 12621, aibrix 2329, Megatron-LM 4158: two pages of one hash are one, here a polynomial in 31."
KILLED_BY = ("model",)
CONFORMANCE = {"arrays": "numpy"}


class RadixTree(prefix.RadixTree):
    """Takes the first page of a hash for all of them."""

    def __init__(self, page_size: int = 1, policy: str = "lru") -> None:
        super().__init__(page_size, policy)
        self.known: dict[tuple[int, int], list[int]] = {}

    def _walk(self, root: int, tokens: list[int]) -> Walk:
        """Follow the pages that have these hashes."""
        size, taken = self.page_size, list[int]()
        for begin in range(0, len(tokens), size):
            page = tokens[begin : begin + size]
            hashed = sum(token * 31 ** (size - place) for place, token in enumerate(page))
            taken += self.known.setdefault((len(page), hashed), page)
        return super()._walk(root, taken)
