"""The statistical tier: the emitted law at real vocabulary sizes, with stated false alarms and power.

Drafts and uniforms are drawn independently, answers are counted in cells (the likeliest tokens one by
one, the others hashed together) and compared with the closed form by Pearson's chi-square test.

The first of them are replayed, too: the answer is a known step function of the uniforms. Two answers to
the same drafts and uniforms are a coupling of two laws, which differ by no more than the probability that
the answers do: a law that is d off answers wrongly with probability d or more, each time it is asked.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import Arrays, FunctionContract
from draftproof.properties.core.law import Law
from draftproof.properties.core.memory import repeated, to_numpy
from draftproof.properties.core.narrowing import cast_uniforms
from draftproof.properties.core.probes import Asked, EmissionModel, Mean, Partition, Rows
from draftproof.properties.core.subject import FunctionSubject
from draftproof.properties.core.verdict import Verdict
from draftproof.properties.inputs.rows import distribution
from draftproof.properties.laws.sampling.source import Source

FALSE_ALARM = 1e-9
"""Probability that a right implementation is accused anywhere in a whole run."""

POWER = 0.999
HEAD, TAIL = 240, 80
"""Cells: the likeliest tokens one by one, and how many the others are hashed into."""

DRAWS = {
    "small": {"numpy": 192, "cpu": 192, "cuda": 200_000},
    "standard": {"numpy": 700, "cpu": 700, "cuda": 500_000},
    "deep": {"numpy": 20_000, "cpu": 20_000, "cuda": 36_000_000},
}
ROWS = {"numpy": 16, "cpu": 32, "cuda": 2048}
"""Requests per launch."""

REPLAYED = {"numpy": 1.0, "cpu": 1.0, "cuda": 1e-4}
"""The share of the draws that is replayed, on the host."""

REPLAYED_LEAST = 700
"""Replays, if there are as many draws: they find a total variation of 1 %."""


def statistical_cases(contract: FunctionContract, device: str, budget: str, seed: int) -> list[Case]:
    """Return one case per choice of options and vocabulary size; without a GPU only the smaller size."""
    vocabularies = (32_000, 151_936) if device == "cuda" else (32_000,)
    # Without replay the counts alone must find what is wrong.
    draws = DRAWS[budget if contract.leniency.replay else "deep"][device]
    return [
        Case(contract.name, {"V": V, "draws": draws}, "float32", {"rows": "zipf", **choice}, seed)
        for V in vocabularies
        for choice in model_of(contract).choices
    ]


def model_of(contract: FunctionContract) -> EmissionModel:
    """Return the law of what the contract's operation emits; ValueError if it does not say."""
    if contract.emission is None:
        raise ValueError(f"{contract.name}: the statistical tier needs the contract's emission, got None")
    return contract.emission


def planned_tests(device: str) -> int:
    """Count the tests that a run over every contract makes on ``device``, whatever its budget and seed."""
    from draftproof.properties.contracts import CONTRACTS  # the list of contracts knows this law

    return sum(
        contract.emission.tests * len(statistical_cases(contract, device, "small", 0))
        for contract in CONTRACTS.values()
        if isinstance(contract, FunctionContract) and contract.emission is not None
    )


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


def make_rows(case: Case, drafts: int) -> Rows:
    """Fill the rows; a tenth of the tokens has no target probability."""
    rng = np.random.default_rng([case.seed, case.shape["V"]])
    p = np.stack([distribution(rng, case.shape["V"], case.options["rows"]) for _ in range(drafts + 1)])
    q = p[:drafts].copy()
    for row in q:
        row[:] = 0.6 * row + 0.4 * distribution(rng, len(row), case.options["rows"])
        if case.options.get("drafts") == "given":
            row[:] = row**3 / (row.astype(np.float64) ** 3).sum()  # few would be accepted but the likeliest
    p[:, rng.random(p.shape[1]) < 0.1] = 0.0
    p /= p.sum(-1, keepdims=True, dtype=np.float64)
    return Rows(p.astype(np.float32), q.astype(np.float32))


def check_statistics(contract: FunctionContract, subject: FunctionSubject, case: Case) -> Verdict:
    """Draw many answers and test them against the closed form of their law."""
    verdict, model = Verdict(), model_of(contract)
    alarm = FALSE_ALARM / planned_tests(subject.device)
    rows = make_rows(case, model.drafts)
    cells = Cells.by(rows.p[0], case.seed)
    replayed = min(
        case.shape["draws"], max(REPLAYED_LEAST, round(REPLAYED[subject.device] * case.shape["draws"]))
    )
    counts, misses = _count(verdict, contract, subject, case, rows, cells, replayed)
    for comparison in model.compare(case, rows, cells.sums, counts):
        if isinstance(comparison, Mean):
            compare_means(verdict, comparison, alarm)
        else:
            compare_counts(verdict, comparison, alarm)
    verdict.expect(misses == 0, "tokens of zero probability", "none emitted", misses)
    if contract.leniency.replay:
        found = verdict.measures["smallest_tv_found"]
        verdict.measures["smallest_tv_found"] = min(found, smallest_replayed(replayed))
    return verdict


def smallest_replayed(replayed: int) -> float:
    """Return the smallest total variation that so many replays find with probability POWER.

    >>> round(smallest_replayed(700), 4)
    0.0098
    """
    return 1.0 - float((1 - POWER) ** (1 / replayed))


def _count(
    verdict: Verdict,
    contract: FunctionContract,
    subject: FunctionSubject,
    case: Case,
    rows: Rows,
    cells: Cells,
    replayed: int,
) -> tuple[np.ndarray, int]:
    """Return the counts [4, cells] of ``Counter.counts``, and how many tokens had no probability.

    What the first ``replayed`` requests ought to have answered is judged on the way.
    """
    model = model_of(contract)
    batch, asked = min(ROWS[subject.device], case.shape["draws"]), model.ask(case, rows)
    placed = repeated(subject.place(cast_uniforms(contract, asked.inputs), case.dtype), batch)
    source = Source.on(subject.device, case.seed, rows.q)
    counter = source.counter(cells.of, rows.p[:2], HEAD + TAIL)
    for _ in range(-(-case.shape["draws"] // batch)):
        model.refresh(placed, source)
        results = subject.launch(placed, asked.keywords)
        counter.add(*model.read(results))
        if replayed > 0:
            _replay(verdict, contract, subject, asked, placed, results, min(batch, replayed))
            replayed -= batch
    return counter.counts(), counter.misses()


def _replay(
    verdict: Verdict,
    contract: FunctionContract,
    subject: FunctionSubject,
    asked: Asked,
    placed: dict[str, Any],
    results: tuple[Any, ...],
    requests: int,
) -> None:
    """Judge the first requests of one launch; the rows of the vocabulary are the same for all."""
    inputs: Arrays = {}
    for argument in contract.arguments:
        one = asked.inputs[argument.name]
        if one is None:
            inputs[argument.name] = None
        elif "V" in argument.axes:
            inputs[argument.name] = np.broadcast_to(one, (requests, *one.shape[1:]))
        else:
            inputs[argument.name] = to_numpy(placed[argument.name][:requests])[0]
    first = tuple(result[:requests] for result in results)
    outputs = subject.collect(first, {**asked.shape, contract.batch: requests})
    judged = contract.judge(inputs, dict(asked.keywords), outputs)
    verdict.decisions += judged.decisions
    verdict.findings += judged.findings[: max(8 - len(verdict.findings), 0)]


def compare_means(verdict: Verdict, mean: Mean, alarm: float) -> None:
    """Hold a mean against its closed form, with the normal law of its error."""
    from scipy.special import ndtri

    found = mean.total / mean.draws
    # No count with this mean varies less than one between the two whole numbers beside it.
    beyond = mean.expected % 1.0
    variance = max(mean.squares / mean.draws - found**2, beyond * (1 - beyond), 1e-12)
    deviation = np.sqrt(variance / mean.draws)
    limit = -ndtri(alarm / 2) * deviation
    verdict.measures[mean.name] = float(found)
    verdict.expect(
        abs(found - mean.expected) <= limit,
        mean.where,
        f"{mean.expected:.6g} +- {limit:.2g}",
        f"{found:.6g}",
        abs(found - mean.expected) / limit,
    )


def compare_counts(verdict: Verdict, partition: Partition, alarm: float) -> None:
    """Pearson's test, rare cells pooled; records the p-value and the smallest deviation it would see."""
    from scipy.special import chdtrc

    counts, law = partition.counts, partition.law
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
    p_value = float(chdtrc(degrees, statistic)) if degrees else 1.0
    found = smallest_found(degrees, draws, alarm)
    for name, value, worst in (("p_value", p_value, min), ("smallest_tv_found", found, max)):
        verdict.measures[name] = worst(value, verdict.measures.get(name, value))
    verdict.measures["draws"] = max(draws, verdict.measures.get("draws", 0.0))
    verdict.expect(
        p_value >= alarm and stray == 0,
        partition.where,
        f"the closed form (chi-square with {degrees} degrees of freedom, {draws:.0f} draws)",
        f"statistic {statistic:.1f}, p = {p_value:.2g}, and {stray} answers in cells without mass",
    )


def smallest_found(degrees: int, draws: float, alarm: float) -> float:
    """The smallest total variation over the cells that the test rejects with probability POWER.

    By Cauchy-Schwarz a deviation of total variation d has noncentrality at least draws * (2 d)**2,
    whatever its shape; the noncentral chi-square distribution gives the d at which that suffices.
    """
    from scipy.special import chdtri, chndtrinc

    if degrees == 0:
        return 1.0
    needed = chndtrinc(chdtri(degrees, alarm), degrees, 1 - POWER)
    return float(min(1.0, np.sqrt(needed / draws) / 2))


STATISTICS = Law(
    "statistics",
    "At real vocabulary sizes the emitted tokens have the target's law (false alarms: 1e-9 a run).",
    check_statistics,
    cases=statistical_cases,
    devices=("numpy", "cpu", "cuda"),
    seconds=600.0,
    imports=("scipy",),
)
