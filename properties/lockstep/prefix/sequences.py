"""Token sequences that share prefixes and branch at every place, inside pages too."""

import numpy as np

from draftproof.properties.inputs.collisions import CollidingPages
from draftproof.properties.lockstep.prefix.steps import Tokens

EXTREMES = (-(2**31), 2**31 - 1, -1, 0, 1, 255, 256, 257, 65_536, 65_537, 1 << 24)
"""Tokens at the ends of int32, and some that agree in their low bits."""
LONGEST = 640
"""Tokens of a sequence, unless that is less than four pages: the model is searched by brute force."""

WAYS = {"deep": (0.1, 0.1, 0.2, 0.6), "other": (0.25, 0.25, 0.35, 0.15)}
"""How often a sequence is new, an earlier one cut, cut and continued, or continued whole."""


class Sequences:
    """Token sequences that resemble those made before."""

    def __init__(self, rng: np.random.Generator, page_size: int, kind: str) -> None:
        self.rng, self.page_size, self.kind = rng, page_size, kind
        self.made: list[Tokens] = []
        self.colliding = CollidingPages(rng, page_size)
        self.pages = max(4, min(24 if kind == "deep" else 6, LONGEST // page_size))

    def next(self) -> Tokens:
        """Return a sequence: new, an earlier one cut anywhere, or that with another end."""
        rng = self.rng
        if not self.made:
            return self._keep(self._tail(self.pages))
        earlier = self.made[int(rng.integers(len(self.made)))]
        place = int(rng.integers(len(earlier) + 1))
        match rng.choice(4, p=WAYS["deep" if self.kind == "deep" else "other"]):
            case 0:
                return self._keep(self._tail(self.pages))
            case 1:
                return earlier[:place]
            case 2:
                return self._keep((*earlier[:place], *self._tail(3)))
            case _:
                return self._keep((*earlier, *self._tail(3)))

    def _keep(self, tokens: Tokens) -> Tokens:
        """Remember a sequence, cut to what is affordable."""
        self.made.append(tokens[: self.pages * self.page_size])
        return self.made[-1]

    def _tail(self, pages: int) -> Tokens:
        """Return up to so many pages, at least one, often with part of one more."""
        rng, size = self.rng, self.page_size
        tokens = [token for _ in range(rng.integers(1, pages + 1)) for token in self._page()]
        return (*tokens, *self._page()[: int(rng.integers(size)) * int(rng.integers(2))])

    def _page(self) -> list[int]:
        """Return a page that differs from others in one token, wherever that stands."""
        rng, size = self.rng, self.page_size
        if self.kind == "colliding":
            return self.colliding.draw()
        page = [0] * size
        place = int(rng.choice([0, size - 1, int(rng.integers(size))]))
        page[place] = int(rng.choice(EXTREMES)) if self.kind == "wide" else int(rng.integers(3))
        return page
