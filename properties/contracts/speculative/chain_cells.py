"""The cells of a chain verifier's uniforms, for every chain of drafts at small vocabularies."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import product
from math import prod

import numpy as np

from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import Arrays
from draftproof.properties.core.probes import Asked, Cell, Run
from draftproof.properties.judges.equality import required
from draftproof.reference.speculative.verify_chain import Chain, one_hot

GRAIN = 1024
"""Probabilities are multiples of 1/1024, so that rows sum to 1 and all sums are exact in float32."""

SIZES = {
    "interpreter": ((2, 0), (2, 1), (3, 1), (2, 2)),
    # Below V = 6 a residual often has one token, and any mistake in its weights goes unseen.
    "small": ((3, 0), (2, 1), (3, 2), (6, 2)),
    "standard": ((3, 0), (2, 1), (3, 2), (6, 1), (2, 3), (4, 2), (6, 2)),
    "deep": ((3, 0), (2, 1), (3, 2), (6, 1), (2, 3), (4, 2), (5, 2), (3, 3), (6, 2), (6, 3)),
}
"""(V, K) for each budget; an interpreter has its own."""

ENDING = "zero_row"
"""The flag of a case whose target ends texts early."""

KINDS = ("none",), ("ragged",), ("none", ENDING)
"""Lengths of the drafts, and flags."""


END = -1
"""What is emitted where the target's row has no mass: there the text ends."""


class Context:
    """A target and a drafter whose rows depend on the whole context: p and q per prefix.

    If it is ``ending``, about half of the target's rows behind the first have no mass, among them one
    behind a draft that is rejected at times.
    """

    def __init__(self, K: int, V: int, seed: int, ending: bool = False) -> None:
        self.K, self.V, self.length = K, V, K + 1
        rng = np.random.default_rng([seed, K, V])
        prefixes = [prefix for i in range(K + 1) for prefix in product(range(V), repeat=i)]
        self.p = {prefix: self._row(rng) for prefix in prefixes}
        self.q = {prefix: self._row(rng) for prefix in prefixes if len(prefix) < K}
        p, q = self.p[()], self.q.get((), self.p[()])
        overrated = (int(np.where(p > 0, q - p, -1.0).argmax()),)
        for prefix in prefixes[1:] if ending else ():
            if prefix == overrated or rng.random() < 0.5:
                self.p[prefix] = np.zeros(V, np.float32)

    def _row(self, rng: np.random.Generator) -> np.ndarray:
        weights = rng.dirichlet(np.ones(self.V))
        if self.V > 2:
            weights[rng.integers(self.V)] = 0.0  # tokens that must never be emitted
        return (rng.multinomial(GRAIN, weights / weights.sum()) / GRAIN).astype(np.float32)

    def drafts(self, length: int) -> Iterator[tuple[Run, float]]:
        """Every chain of ``length`` that the drafter can draw, with its probability.

        Behind it stand its likeliest continuations, so that there are K.
        """
        for x in product(range(self.V), repeat=length):
            chance = prod(float(self.q[x[:i]][x[i]]) for i in range(length))
            if chance > 0:
                while len(x) < self.K:
                    x = (*x, int(self.q[x].argmax()))
                yield x, chance

    def rows(self, x: Run) -> tuple[np.ndarray, np.ndarray]:
        """P [K+1, V] and q [K, V] along a chain."""
        p = np.array([self.p[x[:i]] for i in range(self.K + 1)])
        return p, np.array([self.q[x[:i]] for i in range(self.K)], np.float32).reshape(-1, self.V)

    def joint(self, emitted: Mapping[Run, float]) -> dict[Run, float]:
        """Complete every emitted run with the target, to K+1 tokens or its end: the law of the text."""
        law: dict[Run, float] = {}
        left = list(emitted.items())
        while left:
            run, chance = left.pop()
            if len(run) == self.length or END in run:
                law[run] = law.get(run, 0.0) + chance
            elif not self.p[run].any():
                left.append(((*run, END), chance))
            else:
                left += [((*run, y), chance * float(self.p[run][y])) for y in range(self.V) if self.p[run][y]]
        return law


@lru_cache(maxsize=16)
def _context(K: int, V: int, seed: int, ending: bool) -> Context:
    return Context(K, V, seed, ending)


@lru_cache(maxsize=8)
def _cells(context: Context, rule: str, fixed: bool, ragged: bool) -> tuple[Cell, ...]:
    """Every cell of positive volume: made once for all laws, backends and probes that look at them."""
    found: list[Cell] = []
    for length in range(0 if ragged else context.K, context.K + 1):
        for x, chance in context.drafts(length):
            found += _cells_of(context, x, length, chance, rule, fixed)
    return tuple(found)


def _cells_of(context: Context, x: Run, length: int, chance: float, rule: str, fixed: bool) -> Iterator[Cell]:
    """The cells of one chain of drafts, of which the first ``length`` count."""
    p, q = context.rows(x)
    drafts = np.array(x[:length], np.int64)
    chain = Chain(drafts, one_hot(drafts, context.V) if fixed else q, p)
    rates = chain.block_rates()
    possible = len(chain.drafts)
    borders = [_border(chain, i, rates, rule) for i in range(possible)]
    unread = ((0.0, 1.0),) * (context.K - possible)
    for passes in product((True, False), repeat=possible):
        sides = [(0.0, t) if ok else (t, 1.0) for ok, t in zip(passes, borders, strict=True)]
        if any(high <= low for low, high in sides):
            continue
        accepted = _accepted(passes, rule)
        rate = rates[accepted] if rule == "block" else 1.0
        weights = chain.p(accepted) if accepted == possible else chain.residual(accepted, rate)
        beside = prod(high - low for low, high in sides)
        if not weights.any():
            yield Cell(x, length, chance, beside, (*sides, *unread, (0.0, 1.0)), (*x[:accepted], END))
            continue
        cdf = np.cumsum(weights) / weights.sum()
        for y in np.flatnonzero(weights):
            sample = (float(cdf[y - 1]) if y else 0.0, float(cdf[y]))
            volume = beside * (sample[1] - sample[0])
            bounds = (*sides, *unread, sample)
            yield Cell(x, length, chance, volume, bounds, (*x[:accepted], int(y)))


class ChainCells:
    """The cells of both rules, with drawn and with given drafts, of one length or of every one."""

    def __init__(self, rules: Sequence[str], drafts: Sequence[str]) -> None:
        self.rules, self.drafts = rules, drafts

    def cases(self, operation: str, device: str, budget: str, seed: int) -> list[Case]:
        """Return a case per rule, kind of draft, kind of length and size; the smallest for an interpreter.

        Where rows can be empty inside a chain, there is one of such rows for each.
        """
        least = 2 if device == "interpreter" else 1
        return [
            Case(
                operation,
                {"K": K, "V": V},
                "float32",
                {"rule": rule, "drafts": drafts, "lengths": lengths, "uniforms": "float32"},
                seed,
                frozenset(flags),
            )
            for V, K in SIZES["interpreter" if device == "interpreter" else budget]
            for rule in self.rules
            for drafts in self.drafts
            for lengths, *flags in KINDS
            if (lengths == "none" or least <= K) and (not flags or K > 1)
        ]

    def context(self, case: Case) -> Context:
        """Return the target and the drafter of a case."""
        return _context(case.shape["K"], case.shape["V"], case.seed, ENDING in case.flags)

    def fixed_drafts(self, case: Case) -> bool:
        """Whether the drafts are fixed and not drawn."""
        return case.options["drafts"] == "given"

    def cells(self, case: Case) -> Iterator[Cell]:
        """Enumerate every cell of positive volume."""
        ragged = case.options.get("lengths") == "ragged"
        yield from _cells(self.context(case), case.options["rule"], self.fixed_drafts(case), ragged)

    def ask(self, case: Case, cells: Sequence[Cell], points: np.ndarray) -> Asked:
        """Make a request for each cell: accept uniforms first, the sample uniform last."""
        context = self.context(case)
        chains, ragged = [cell.drafts for cell in cells], case.options.get("lengths") == "ragged"
        rows = {x: context.rows(x) for x in set(chains)}
        inputs: Arrays = {
            "draft_tokens": np.array(chains, np.int32).reshape(len(chains), context.K),
            "draft_lengths": np.array([cell.length for cell in cells], np.int32) if ragged else None,
            "draft_probs": None if self.fixed_drafts(case) else np.stack([rows[x][1] for x in chains]),
            "target_probs": np.stack([rows[x][0] for x in chains]),
            "accept_uniforms": np.ascontiguousarray(points[:, :-1]),
            "sample_uniforms": np.ascontiguousarray(points[:, -1]),
        }
        return Asked(inputs, {"rule": case.options["rule"]}, {**case.shape, "B": len(chains)})

    def read(self, results: Arrays) -> tuple[list[Run], np.ndarray]:
        """Return the emitted run and the number of accepted drafts of each request."""
        accepted = required(results, "accepted")
        runs = [tuple(int(y) for y in row if y >= 0) for row in required(results, "tokens")]
        # Padding says nothing, but in the place of the token after the accepted drafts -1 is the text's end.
        ended = accepted >= [len(run) for run in runs]
        return [(*run, END) if end else run for run, end in zip(runs, ended, strict=True)], accepted

    def mean_accepted(self, case: Case) -> float:
        """Return E[accepted] in closed form."""
        context, rule, given = self.context(case), case.options["rule"], self.fixed_drafts(case)
        lengths = range(context.K + 1) if case.options.get("lengths") == "ragged" else (context.K,)
        return sum(mean_accepted(context, rule, given, length) for length in lengths) / len(lengths)

    def most_accepted(self, case: Case) -> float | None:
        """Return alpha* = sum min(p, q); given drafts have no such bound."""
        if self.fixed_drafts(case) or not case.shape["K"]:
            return None
        context = self.context(case)
        return float(np.minimum(context.p[()], context.q[()]).sum())


def mean_accepted(context: Context, rule: str, given: bool, length: int) -> float:
    """E[accepted]: sum over i of E_q[prod min(1, p/q)] (token rule) or of E_q[P_i] (block rule)."""
    total = 0.0
    for x, chance in context.drafts(length):
        survival = 1.0
        for i in range(length):
            p, q = float(context.p[x[:i]][x[i]]), 1.0 if given else float(context.q[x[:i]][x[i]])
            survival = min(1.0, survival * p / q) if rule == "block" else survival * min(1.0, p / q)
            total += chance * survival
    return total


def _border(chain: Chain, i: int, rates: list[float], rule: str) -> float:
    """The uniform of draft i at which its decision turns."""
    if rule == "block":
        last = i + 1 == len(chain.drafts)
        return rates[i + 1] if last else chain.block_pass(i + 1, rates[i + 1])
    p, q = float(chain.p(i, chain.drafts[i])), float(chain.q(i, chain.drafts[i]))
    return 1.0 if p >= q and p > 0 else p / q if q else 0.0


def _accepted(passes: tuple[bool, ...], rule: str) -> int:
    if rule == "block":
        return max((i + 1 for i, ok in enumerate(passes) if ok), default=0)
    return next((i for i, ok in enumerate(passes) if not ok), len(passes))
