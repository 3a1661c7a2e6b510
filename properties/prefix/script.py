"""Makes a script of a case: seeded, with sequences that share prefixes and branch at every place."""

from itertools import count

import numpy as np

from draftproof.properties.case import Case
from draftproof.properties.prefix.refusals import REFUSALS
from draftproof.properties.prefix.steps import (
    Bad,
    Begin,
    Confirm,
    Evict,
    Fork,
    Insert,
    Lock,
    Match,
    Namespace,
    Open,
    Read,
    Release,
    Step,
    Tokens,
    Unlock,
)

NAMESPACES: tuple[Namespace, ...] = ("adapter", 7, "")
EXTREMES = (-(2**31), 2**31 - 1, -1, 0, 1, 255, 256, 257, 65_536, 65_537, 1 << 24)
"""Tokens at the ends of int32, and some that agree in their low bits."""
LONGEST = 640
"""Tokens of a sequence: the model is searched by brute force."""

SERVING = {
    "insert": 22, "match": 20, "evict": 14, "begin": 8, "fork": 5, "release": 8,
    "lock": 7, "unlock": 5, "read": 5, "confirm": 6,
}  # fmt: skip
"""How often each step is taken where a case does not say otherwise."""
STALE = {"insert": 20, "match": 8, "evict": 24, "read": 20, "confirm": 16, "lock": 8, "unlock": 4}
"""For scripts about what was seen at an earlier epoch."""
GROWING = {"insert": 1, "match": 1}
"""For laws about a tree from which nothing is evicted."""


class Sequences:
    """Token sequences that resemble those made before."""

    def __init__(self, rng: np.random.Generator, page_size: int, kind: str) -> None:
        self.rng, self.page_size, self.kind = rng, page_size, kind
        self.made: list[Tokens] = []
        self.pages = max(1, min(24 if kind == "deep" else 6, LONGEST // page_size))

    def next(self) -> Tokens:
        """Return a sequence: new, an earlier one cut anywhere, or that with another end."""
        rng = self.rng
        ways = [0.1, 0.1, 0.2, 0.6] if self.kind == "deep" else [0.2, 0.25, 0.35, 0.2]
        way = rng.choice(4, p=ways) if self.made else 0
        earlier = self.made[int(rng.integers(len(self.made)))] if self.made else ()
        place = int(rng.integers(len(earlier) + 1))
        match way:
            case 0:
                tokens = self._tail(self.pages // 2)
            case 1:
                tokens = earlier[:place]
            case 2:
                tokens = (*earlier[:place], *self._tail(2))
            case _:
                tokens = (*earlier, *self._tail(2))
        self.made.append(tokens[: self.pages * self.page_size])
        return self.made[-1]

    def _tail(self, pages: int) -> Tokens:
        """Return up to so many pages, often with part of one more."""
        rng, size = self.rng, self.page_size
        tokens = [token for _ in range(rng.integers(pages + 1)) for token in self._page()]
        return (*tokens, *self._page()[: int(rng.integers(size)) * int(rng.integers(2))])

    def _page(self) -> list[int]:
        """Return a page that differs from others in one token, wherever that stands."""
        rng, size = self.rng, self.page_size
        page = [0] * size
        place = int(rng.choice([0, size - 1, int(rng.integers(size))]))
        page[place] = int(rng.choice(EXTREMES)) if self.kind == "wide" else int(rng.integers(3))
        return page


def script(case: Case, weights: dict[str, int] | None = None) -> list[Step]:
    """Return the steps of a case: ``shape`` has P, the page size, and their number, ``steps``."""
    rng = np.random.default_rng(case.seed)
    sequences = Sequences(rng, case.shape["P"], case.options.get("tokens", "small"))
    weights = weights or SERVING
    kinds, shares = list(weights), np.array([*weights.values()]) / sum(weights.values())
    names = (f"m{number}" for number in count(1))
    spaces: list[Namespace] = [None]
    steps: list[Step] = []
    nodes: list[str] = []
    requests: list[str] = []
    if "namespaces" in case.flags:
        spaces += NAMESPACES
        steps += [Open(namespace) for namespace in NAMESPACES]

    def any_of(known: list[str]) -> str:
        # Mostly a late one: an early node is often gone.
        return known[-1 - min(int(rng.geometric(0.3)) - 1, len(known) - 1)] if known else "m0"

    def made(kind: str) -> Step:
        namespace = spaces[int(rng.integers(len(spaces)))]
        priority = int(rng.integers(-1, 3))
        match kind:
            case "insert":
                return Insert(sequences.next(), namespace, priority)
            case "match" | "read":
                nodes.append(next(names))
                return (Match if kind == "match" else Read)(nodes[-1], sequences.next(), namespace)
            case "confirm":
                nodes.append(next(names))
                return Confirm(nodes[-1], any_of(nodes[:-1]))
            case "evict":
                return Evict(int(rng.choice([0, 1, *rng.integers(1, 6 * case.shape["P"], 4), 10**6])))
            case "lock":
                return Lock(any_of(nodes), bool(rng.integers(2)))
            case "unlock":
                return Unlock(any_of(nodes))
            case "begin":
                requests.append(next(names))
                return Begin(requests[-1], sequences.next(), namespace)
            case "fork":
                parent = any_of(requests)
                requests.append(next(names))
                return Fork(requests[-1], parent, sequences.next()[:LONGEST // 4])
            case _:
                return Release(any_of(requests), priority)

    for _ in range(case.shape["steps"]):
        steps.append(made(str(rng.choice(kinds, p=shares))))
        if "bad_calls" in case.flags and rng.random() < BAD:
            steps.append(Bad(str(rng.choice(list(REFUSALS))), int(rng.integers(1000))))
    return steps


BAD = 0.4
"""Bad calls per good one."""
