"""The statistical tier: the emitted law at real vocabulary sizes, with stated false alarms and power.

Drafts and uniforms are drawn independently, answers are counted in cells (the likeliest tokens one by
one, the others hashed together) and compared with the closed form by Pearson's chi-square test.
"""

from dataclasses import dataclass

import numpy as np

from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import Arrays, Contract
from draftproof.properties.core.law import Law
from draftproof.properties.core.memory import repeated
from draftproof.properties.core.subject import Subject
from draftproof.properties.core.verdict import Verdict
from draftproof.properties.inputs.rows import distribution
from draftproof.properties.laws.sampling.source import Source

FALSE_ALARM = 1e-9
"""Probability that a right implementation is accused anywhere in a whole run."""

TESTS = 100
"""No run makes more chi-square and mean tests than this; each gets its share of the false alarms."""

POWER = 0.999
HEAD, TAIL = 240, 80
"""Cells: the likeliest tokens one by one, and how many the others are hashed into."""

DRAWS = {
    "small": {"numpy": 1_000, "cpu": 1_000, "cuda": 200_000},
    "standard": {"numpy": 4_000, "cpu": 4_000, "cuda": 500_000},
    "deep": {"numpy": 20_000, "cpu": 20_000, "cuda": 36_000_000},
}
ROWS = {"numpy": 16, "cpu": 32, "cuda": 2048}
"""Requests per launch."""

CHAIN = 2
"""Drafts per request: with one the block rule is the token rule."""


def statistical_cases(contract: Contract, device: str, budget: str, seed: int) -> list[Case]:
    """Return one case per rule and vocabulary size; without a GPU only the smaller size."""
    vocabularies = (32_000, 151_936) if device == "cuda" else (32_000,)
    draws = DRAWS[budget][device]
    rules = contract.options.get("rule", ("-",))
    return [
        Case(contract.name, {"V": V, "draws": draws}, "float32", {"rule": rule, "rows": "zipf"}, seed)
        for V in vocabularies
        for rule in rules
    ]


@dataclass(frozen=True, slots=True)
class Cells:
    """A partition of the vocabulary into HEAD + TAIL cells."""

    of: np.ndarray
    """int64 [V]: each token's cell."""

    @classmethod
    def by(cls, p: np.ndarray, seed: int) -> "Cells":
        """Give the likeliest tokens of ``p`` a cell each, and hash the others."""
        rng = np.random.default_rng([seed, len(p)])
        of = HEAD + rng.integers(TAIL, size=len(p))
        head = np.argsort(-p, kind="stable")[:HEAD]
        of[head] = np.arange(len(head))
        return cls(of)

    def sums(self, weights: np.ndarray) -> np.ndarray:
        """Add up ``weights`` [V] per cell."""
        return np.bincount(self.of, weights, minlength=HEAD + TAIL)


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows that every request shares: p [K+1, V], q [K, V], float32."""

    p: np.ndarray
    q: np.ndarray

    @classmethod
    def of(cls, case: Case, width: int) -> "Rows":
        """Fill the rows; a tenth of the tokens has no target probability."""
        rng = np.random.default_rng([case.seed, case.shape["V"]])
        p = np.stack([distribution(rng, case.shape["V"], case.options["rows"]) for _ in range(width + 1)])
        q = p[:width].copy()
        for row in q:
            row[:] = 0.6 * row + 0.4 * distribution(rng, len(row), case.options["rows"])
        p[:, rng.random(p.shape[1]) < 0.1] = 0.0
        p /= p.sum(-1, keepdims=True, dtype=np.float64)
        return cls(p.astype(np.float32), q.astype(np.float32))


def check_statistics(contract: Contract, subject: Subject, case: Case) -> Verdict:
    """Draw many answers and test them against the closed form of their law."""
    verdict = Verdict()
    if contract.name == "sample":
        rows = Rows.of(case, 0)
        cells = Cells.by(rows.p[0], case.seed)
        counts, support = _count(contract, subject, case, rows, cells)
        _chi_square(verdict, "the drawn tokens", counts[0], cells.sums(rows.p[0].astype(np.float64)))
    else:
        rows = Rows.of(case, CHAIN)
        cells = Cells.by(rows.p[0], case.seed)
        counts, support = _count(contract, subject, case, rows, cells)
        _chain_tests(verdict, case, rows, cells, counts)
    verdict.expect(support == 0, "tokens of zero probability", "none emitted", int(support))
    return verdict


def _chain_tests(verdict: Verdict, case: Case, rows: Rows, cells: Cells, counts: np.ndarray) -> None:
    """Test (first draft accepted?, first token), the second token, and the mean number of accepted drafts.

    For both rules P(accepted >= 1, y) = min(p, q)(y), P(accepted = 0, y) = relu(p - q)(y), and the
    second token has the law of its own row, since the rows here do not depend on the drafts.
    """
    p, q = rows.p.astype(np.float64), rows.q.astype(np.float64)
    both = np.minimum(p[0], q[0])
    first = np.concatenate([cells.sums(p[0] - both), cells.sums(both)])
    _chi_square(verdict, "the first token, with its acceptance", np.concatenate(counts[:2]), first)
    _chi_square(verdict, "the second token", counts[2], cells.sums(p[1]))
    draws, total, squares = counts[3][:3]
    expected = mean_accepted(p, q, case.options["rule"])
    mean = total / draws
    deviation = np.sqrt(max(squares / draws - mean**2, 1e-12) / draws)
    from scipy.stats import norm

    limit = norm.isf(FALSE_ALARM / TESTS / 2) * deviation
    verdict.measures["mean_accepted"] = float(mean)
    verdict.expect(
        abs(mean - expected) <= limit,
        "E[accepted]",
        f"{expected:.6g} +- {limit:.2g}",
        f"{mean:.6g}",
        abs(mean - expected) / limit,
    )


def mean_accepted(p: np.ndarray, q: np.ndarray, rule: str) -> float:
    """E[accepted] for two drafts on rows that do not depend on them.

    token: b_1 + b_1 b_2 with b = sum min(p, q). block: E[P_1] + E[min(1, P_1 p/q)], the second by
    sorting the ratios: sum_v min(q_2, c p_2) is piecewise linear in c.
    """
    overlap = [float(np.minimum(p[i], q[i]).sum()) for i in range(CHAIN)]
    if rule == "token":
        return overlap[0] * (1 + overlap[1])
    with np.errstate(divide="ignore", invalid="ignore"):
        turning = np.where(p[1] > 0, q[1] / p[1], np.inf)
        rate = np.where(q[0] > 0, np.minimum(1.0, p[0] / q[0]), 0.0)
    order = np.argsort(turning)
    below = np.concatenate([[0.0], np.cumsum(q[1][order])])
    above = np.concatenate([[0.0], np.cumsum(p[1][order])])
    reached = np.searchsorted(turning[order], rate)
    return float(overlap[0] + q[0] @ (below[reached] + rate * (above[-1] - above[reached])))


def _count(
    contract: Contract, subject: Subject, case: Case, rows: Rows, cells: Cells
) -> tuple[np.ndarray, int]:
    """Return the counts [4, cells] of ``Counter.counts``, and how many tokens had no probability."""
    batch, width = min(ROWS[subject.device], case.shape["draws"]), len(rows.q)
    placed = repeated(subject.place(_one_request(contract, rows), case.dtype), batch)
    keywords = {"rule": case.options["rule"]} if contract.name == "verify_chain" else {}
    source = Source.on(subject.device, case.seed, rows.q)
    counter = source.counter(cells.of, rows.p[:2], HEAD + TAIL)
    for _ in range(-(-case.shape["draws"] // batch)):
        if contract.name == "sample":
            source.uniforms(placed["uniforms"])
            tokens = subject.launch(placed, keywords)[0][:, None]
            counter.add(tokens, None)
            continue
        for i in range(width):
            source.drafts(placed["draft_tokens"][:, i], i)
        source.uniforms(placed["accept_uniforms"])
        source.uniforms(placed["sample_uniforms"])
        tokens, accepted, _ = subject.launch(placed, keywords)
        counter.add(tokens, accepted)
    return counter.counts(), counter.misses()


def _one_request(contract: Contract, rows: Rows) -> Arrays:
    if contract.name == "sample":
        return {"probs": rows.p[:1], "uniforms": np.zeros(1, np.float32)}
    return {
        "draft_tokens": np.zeros((1, CHAIN), np.int32),
        "draft_lengths": None,
        "draft_probs": rows.q[None],
        "target_probs": rows.p[None],
        "accept_uniforms": np.zeros((1, CHAIN), np.float32),
        "sample_uniforms": np.zeros(1, np.float32),
    }


def _chi_square(verdict: Verdict, where: str, counts: np.ndarray, law: np.ndarray) -> None:
    """Pearson's test, rare cells pooled; records the p-value and the smallest deviation it would see."""
    from scipy.stats import chi2

    draws = float(counts.sum())
    due = law / law.sum() * draws
    # Cells without mass are not rare but impossible: one count there is one too many.
    stray = int(counts[law == 0].sum())
    rare, frequent = (law > 0) & (due < 10), due >= 10
    due = np.append(due[frequent], due[rare].sum())
    seen = np.append(counts[frequent], counts[rare].sum())
    kept = due > 0
    statistic = float(((seen - due)[kept] ** 2 / due[kept]).sum())
    degrees = int(kept.sum()) - 1
    p_value = float(chi2.sf(statistic, degrees)) if degrees else 1.0
    found = smallest_found(degrees, draws)
    for name, value, worst in (("p_value", p_value, min), ("smallest_tv_found", found, max)):
        verdict.measures[name] = worst(value, verdict.measures.get(name, value))
    verdict.measures["draws"] = max(draws, verdict.measures.get("draws", 0.0))
    verdict.expect(
        p_value >= FALSE_ALARM / TESTS and stray == 0,
        where,
        f"the closed form (chi-square with {degrees} degrees of freedom, {draws:.0f} draws)",
        f"statistic {statistic:.1f}, p = {p_value:.2g}, and {stray} answers in cells without mass",
    )


def smallest_found(degrees: int, draws: float) -> float:
    """The smallest total variation over the cells that the test rejects with probability POWER.

    By Cauchy-Schwarz a deviation of total variation d has noncentrality at least draws * (2 d)**2,
    whatever its shape; the noncentral chi-square distribution gives the d at which that suffices.
    """
    from scipy.optimize import brentq
    from scipy.stats import chi2, ncx2

    if degrees == 0:
        return 1.0
    limit = chi2.isf(FALSE_ALARM / TESTS, degrees)
    needed = brentq(lambda shift: ncx2.sf(limit, degrees, shift) - POWER, 1e-3, 1e6)
    return float(min(1.0, np.sqrt(needed / draws) / 2))


STATISTICS = Law(
    "statistics",
    "At real vocabulary sizes the emitted tokens have the target's law (false alarms: 1e-9 a run).",
    check_statistics,
    cases=statistical_cases,
    devices=("numpy", "cpu", "cuda"),
    seconds=600.0,
)
