"""The exact law of a chain verifier, decided cell by cell.

For given drafts the answer is a piecewise-constant function of the uniforms, with breakpoints that the
oracle knows. One row of one batch is put into the middle of each cell and next to its borders; the
cells' volumes and the drafts' probabilities weight the answers. What comes out is the emitted law
itself: no statistics are needed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

import numpy as np

from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import Arrays, Contract
from draftproof.properties.core.law import Law
from draftproof.properties.core.subject import Subject
from draftproof.properties.core.verdict import Verdict
from draftproof.properties.judges.equality import required
from draftproof.reference.speculative.verify_chain import Chain, one_hot

GRAIN = 1024
"""Probabilities are multiples of 1/1024, so that rows sum to 1 and all sums are exact in float32."""

EDGE = 2.0**-20
"""How far from a breakpoint the probes beside it lie."""

MOST = 1e-9
"""Total variation that float64 bookkeeping itself may cost."""

SIZES = {
    "interpreter": ((2, 1), (3, 1), (2, 2)),
    # Below V = 6 a residual often has one token, and any mistake in its weights goes unseen.
    "small": ((2, 1), (3, 2), (6, 2)),
    "standard": ((2, 1), (3, 2), (6, 1), (2, 3), (4, 2), (6, 2)),
    "deep": ((2, 1), (3, 2), (6, 1), (2, 3), (4, 2), (5, 2), (3, 3), (6, 2), (6, 3)),
}
"""(V, K) for each budget; an interpreter has its own."""


def exact_cases(contract: Contract, device: str, budget: str, seed: int) -> list[Case]:
    """Return a case per rule, kind of draft and size; an interpreter gets the smallest ones."""
    budget = "interpreter" if device == "interpreter" else budget
    return [
        Case(
            contract.name,
            {"K": K, "V": V},
            "float32",
            {"rule": rule, "drafts": drafts, "uniforms": "float32"},
            seed,
        )
        for V, K in SIZES[budget]
        for rule in contract.options["rule"]
        for drafts in contract.options["drafts"]
    ]


MOST_KEPT = 24
"""Answers kept from one law to the next: those of all cases of a standard budget."""


class Model:
    """A target and a drafter whose rows depend on the whole context: p and q per prefix."""

    def __init__(self, case: Case) -> None:
        self.K, self.V = case.shape["K"], case.shape["V"]
        rng = np.random.default_rng([case.seed, self.K, self.V])
        prefixes = [prefix for i in range(self.K + 1) for prefix in product(range(self.V), repeat=i)]
        self.p = {prefix: self._row(rng) for prefix in prefixes}
        self.q = {prefix: self._row(rng) for prefix in prefixes if len(prefix) < self.K}

    def _row(self, rng: np.random.Generator) -> np.ndarray:
        weights = rng.dirichlet(np.ones(self.V))
        if self.V > 2:
            weights[rng.integers(self.V)] = 0.0  # tokens that must never be emitted
        return (rng.multinomial(GRAIN, weights / weights.sum()) / GRAIN).astype(np.float32)

    def drafts(self) -> Iterator[tuple[tuple[int, ...], float]]:
        """Every chain the drafter can draw, with its probability."""
        for x in product(range(self.V), repeat=self.K):
            chance = prod(float(self.q[x[:i]][x[i]]) for i in range(self.K))
            if chance > 0:
                yield x, chance

    def rows(self, x: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
        """P [K+1, V] and q [K, V] along a chain."""
        return np.stack([self.p[x[:i]] for i in range(self.K + 1)]), np.stack(
            [self.q[x[:i]] for i in range(self.K)]
        )

    def joint(self, emitted: dict[tuple[int, ...], float]) -> dict[tuple[int, ...], float]:
        """Complete every emitted run to K+1 tokens with the target: the law of the text that results."""
        law: dict[tuple[int, ...], float] = {}
        for run, mass in emitted.items():
            for rest in product(range(self.V), repeat=self.K + 1 - len(run)):
                chance = mass
                for i, y in enumerate(rest):
                    chance *= float(self.p[(*run, *rest[:i])][y])
                if chance:
                    law[(*run, *rest)] = law.get((*run, *rest), 0.0) + chance
        return law


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the uniforms of one chain of drafts."""

    drafts: tuple[int, ...]
    chance: float
    """Probability of the drafts."""
    volume: float
    bounds: tuple[tuple[float, float], ...]
    """Lower and upper border of each accept uniform, then of the sample uniform."""
    run: tuple[int, ...]
    """What must be emitted."""


def cells(model: Model, rule: str, given: bool) -> Iterator[Cell]:
    """Enumerate every cell of positive volume."""
    for x, chance in model.drafts():
        p, q = model.rows(x)
        drafts = np.array(x)
        chain = Chain(drafts, one_hot(drafts, model.V) if given else q, p)
        rates = chain.block_rates()
        borders = [_border(chain, i, rates, rule) for i in range(model.K)]
        for passes in product((True, False), repeat=model.K):
            sides = [(0.0, t) if ok else (t, 1.0) for ok, t in zip(passes, borders, strict=True)]
            if any(high <= low for low, high in sides):
                continue
            accepted = _accepted(passes, rule)
            rate = rates[accepted] if rule == "block" else 1.0
            weights = chain.p(accepted) if accepted == model.K else chain.residual(accepted, rate)
            cdf = np.cumsum(weights) / weights.sum()
            for y in np.flatnonzero(weights):
                sample = (float(cdf[y - 1]) if y else 0.0, float(cdf[y]))
                volume = prod(high - low for low, high in (*sides, sample))
                yield Cell(x, chance, volume, (*sides, sample), (*x[:accepted], int(y)))


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


def probes(model: Model, found: list[Cell], given: bool) -> Arrays:
    """Return the inputs of one call: for each cell its middle, its lower and its upper corner."""
    rows = {x: model.rows(x) for x in {cell.drafts for cell in found}}
    bounds = np.array([cell.bounds for cell in found])
    low, high = bounds[..., 0], bounds[..., 1]
    edge = np.minimum(EDGE, (high - low) / 4)
    # The lower border belongs to the cell where it is 0: u = 0 is a hostile value of its own.
    corners = np.stack([(low + high) / 2, np.where(low == 0, 0.0, low + edge), high - edge])
    points = corners.reshape(-1, model.K + 1).astype(np.float32)
    thrice = [cell.drafts for cell in found] * 3
    return {
        "draft_tokens": np.array(thrice, np.int32).reshape(-1, model.K),
        "draft_lengths": None,
        "draft_probs": None if given else np.stack([rows[x][1] for x in thrice]),
        "target_probs": np.stack([rows[x][0] for x in thrice]),
        "accept_uniforms": np.ascontiguousarray(points[:, :-1]),
        "sample_uniforms": np.ascontiguousarray(points[:, -1]),
    }


@dataclass(frozen=True, slots=True)
class Emitted:
    """What a subject answered in every cell."""

    model: Model
    cells: list[Cell]
    runs: list[tuple[int, ...]]
    """Three runs per cell: all middles, then all lower corners, then all upper ones."""
    accepted: np.ndarray


_EMITTED: dict[tuple[int, str, Case], tuple[Callable[..., Any], Emitted]] = {}
"""Answers by the function's identity, with the function: while it is kept, no other one can have its own."""


def emit(subject: Subject, case: Case) -> Emitted:
    """Call the subject with one row per probe, once for all laws that look at the answer."""
    key = (id(subject.function), subject.device, case)
    if key not in _EMITTED:
        if len(_EMITTED) == MOST_KEPT:
            del _EMITTED[next(iter(_EMITTED))]
        _EMITTED[key] = (subject.function, _emit(subject, case))
    return _EMITTED[key][1]


def _emit(subject: Subject, case: Case) -> Emitted:
    model, given = Model(case), case.options["drafts"] == "given"
    found = list(cells(model, case.options["rule"], given))
    inputs = probes(model, found, given)
    outputs = subject(inputs, {"rule": case.options["rule"]}, {**case.shape, "B": 3 * len(found)})
    accepted = required(outputs, "accepted")
    runs = [tuple(int(y) for y in row if y >= 0) for row in required(outputs, "tokens")]
    return Emitted(model, found, runs, accepted)


def check_exact(contract: Contract, subject: Subject, case: Case) -> Verdict:
    """Compare every probe with its cell's run, and the emitted law with the target's."""
    answer, verdict = emit(subject, case), Verdict()
    distance = law_distance(answer, case.options["drafts"] == "given")
    verdict.measures["law_tv"] = distance
    verdict.expect(distance <= MOST, "the emitted law", "the target's law", f"total variation {distance:.3g}")
    total = len(answer.cells)
    for number, run in enumerate(answer.runs):
        cell = answer.cells[number % total]
        verdict.decisions += 1
        if run != cell.run and len(verdict.findings) < 8:
            place = ("middle", "lower corner", "upper corner")[number // total]
            uniforms = ", ".join(f"[{low:.6g}, {high:.6g})" for low, high in cell.bounds)
            verdict.expect(
                False,
                f"drafts {list(cell.drafts)}, uniforms in {uniforms}, {place}",
                str(list(cell.run)),
                list(run),
            )
    return verdict


def law_distance(answer: Emitted, given: bool) -> float:
    """Total variation of the resulting text's law from the target's; of the worst chain if given."""
    groups: dict[tuple[int, ...], dict[tuple[int, ...], float]] = {}
    for cell, run in zip(answer.cells, answer.runs, strict=False):
        group = groups.setdefault(cell.drafts if given else (), {})
        run = run[: answer.model.K + 1]
        if all(y < answer.model.V for y in run):
            group[run] = group.get(run, 0.0) + cell.volume * (1.0 if given else cell.chance)
    target = answer.model.joint({(): 1.0})
    distances = []
    for emitted in groups.values():
        law = answer.model.joint(emitted)
        distances.append(
            sum(abs(law.get(y, 0.0) - target.get(y, 0.0)) for y in law.keys() | target.keys()) / 2
        )
    return max(distances)


def check_bounds(contract: Contract, subject: Subject, case: Case) -> Verdict:
    """Compare the mean number of accepted drafts with its closed form, and the first with alpha*."""
    answer, verdict, model = emit(subject, case), Verdict(), Model(case)
    weights = np.array([cell.chance * cell.volume for cell in answer.cells])
    accepted = answer.accepted[: len(weights)]
    mean, first = float(weights @ accepted), float(weights @ (accepted >= 1))
    expected = mean_accepted(model, case.options["rule"], case.options["drafts"] == "given")
    verdict.measures["mean_accepted"] = mean
    verdict.expect(
        abs(mean - expected) <= MOST, "E[accepted]", f"{expected:.9g}, its closed form", f"{mean:.9g}"
    )
    if case.options["drafts"] == "drawn":
        most = float(np.minimum(model.p[()], model.q[()]).sum())
        verdict.expect(
            first <= most + MOST, "P(first draft accepted)", f"at most alpha* = {most:.9g}", f"{first:.9g}"
        )
    return verdict


def mean_accepted(model: Model, rule: str, given: bool) -> float:
    """E[accepted]: sum over i of E_q[prod min(1, p/q)] (token rule) or of E_q[P_i] (block rule)."""
    total = 0.0
    for x, chance in model.drafts():
        survival = 1.0
        for i in range(model.K):
            p, q = float(model.p[x[:i]][x[i]]), 1.0 if given else float(model.q[x[:i]][x[i]])
            survival = min(1.0, survival * p / q) if rule == "block" else survival * min(1.0, p / q)
            total += chance * survival
    return total


EXACT_LAW = Law(
    "exact law",
    "Summed over all drafts and all cells of the uniforms, the emitted text has exactly the target's law.",
    check_exact,
    cases=exact_cases,
)
BOUNDS = Law(
    "bounds",
    "E[accepted] equals its closed form, and no acceptance rate exceeds alpha* = sum min(p, q).",
    check_bounds,
    cases=exact_cases,
)
