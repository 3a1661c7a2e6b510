"""The law error at real vocabulary sizes, measured through the float64 uniforms.

The answer turns from t to a later token where u passes the implementation's own cdf(t). Bisection
finds that point for every t; half the summed differences between neighbours is the total variation
between the implementation's law and the exact one.

A gross error leaves every bracket on the same side, and between neighbours it cancels: a point outside
its bracket is a failure by itself. No point is further off than the total variation, so the seams, where
errors live, are probed one by one: at either side of the exact cdf by what is allowed.
"""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import FunctionContract
from draftproof.properties.core.law import Law
from draftproof.properties.core.memory import repeated
from draftproof.properties.core.probes import Asked, DrawProbe
from draftproof.properties.core.promises import REPLAY, WIDE_UNIFORMS
from draftproof.properties.core.subject import FunctionSubject
from draftproof.properties.core.verdict import Verdict
from draftproof.properties.inputs.rows import distribution, seams
from draftproof.properties.judges.equality import required

MOST = 1e-6
"""Total variation allowed at V = 151,936 (ops.md, rule 8)."""

BRACKET = 2e-6
"""Half-width of the interval in which a turning point is looked for; one outside is a failure."""

STEPS = 22
"""Bisections: 4e-6 / 2**22 = 1e-12, whose sum over the vocabulary stays below the bound."""

PAIRS = {"numpy": 8, "cpu": 12, "cuda": 1024}
"""Neighbouring tokens looked at where the whole vocabulary would take too long."""

LONGEST = 30.0
"""Seconds that the whole vocabulary may take on a GPU; a slower implementation is sampled."""

ROWS = {"numpy": 16, "cpu": 32, "cuda": 1024}
"""Rows per launch."""


VOCABULARY = 151_936


def accuracy_cases(contract: FunctionContract, device: str, budget: str, seed: int) -> list[Case]:
    """Return one case per way of drawing: straight from a row, or from a residual.

    The small budget looks at the seams alone.
    """
    tokens = "seams" if budget == "small" else "pairs"
    return [
        Case(
            contract.name,
            {"V": VOCABULARY},
            "float32",
            {"draw": way, "rows": "zipf", "tokens": tokens, **presumed},
            seed,
        )
        for way, presumed in probe_of(contract).ways.items()
    ]


def probe_of(contract: FunctionContract) -> DrawProbe:
    """Return how the contract's operation is made to draw; ValueError if it does not say."""
    if contract.draw is None:
        raise ValueError(f"{contract.name}: the law of accuracy needs the contract's draw, got None")
    return contract.draw


def check_accuracy(contract: FunctionContract, subject: FunctionSubject, case: Case) -> Verdict:
    """Measure the total variation of one draw's law."""
    rng = np.random.default_rng(case.seed)
    vocabulary, probe, way = case.shape["V"], probe_of(contract), case.options["draw"]
    p = distribution(rng, vocabulary, case.options["rows"])
    # A seam without mass to speak of could be lost unseen.
    edges = seams(vocabulary)
    p[edges] = np.maximum(p[edges], np.float32(1e-5))
    q = (0.5 * p + 0.5 * distribution(rng, vocabulary, case.options["rows"])).astype(np.float32)
    p[0], q[0] = 0.0, 0.01  # a draft of token 0 is always rejected
    weights = probe.weights(way, p, q)
    cdf = np.cumsum(weights) / weights.sum()
    asked = probe.ask(way, p, q)

    probes = _Probes(subject, case.dtype, probe.uniforms, asked)
    verdict = Verdict()
    _check_seams(verdict, probes, cdf)
    if case.options["tokens"] == "seams" or not verdict.passed:
        return verdict
    return _check_pairs(verdict, probes, cdf, rng)


@dataclass(frozen=True, slots=True)
class _Probes:
    """One request that is asked at uniforms of choice."""

    subject: FunctionSubject
    dtype: str
    uniforms: str
    asked: Asked

    def tokens(self, points: np.ndarray) -> np.ndarray:
        """Return what is drawn at uniforms ``points`` [n], in launches of as many rows as there are."""
        rows = min(ROWS[self.subject.device], len(points))
        placed = repeated(self.subject.place(self.asked.inputs, self.dtype), rows)
        return np.concatenate(
            [self.ask(placed, points[start : start + rows]) for start in range(0, len(points), rows)]
        )

    def ask(self, placed: dict[str, Any], points: np.ndarray) -> np.ndarray:
        """Return what is drawn at up to as many points as ``placed`` has rows."""
        rows = len(placed[self.uniforms])
        _write(placed[self.uniforms], np.pad(points, (0, rows - len(points)), mode="edge"))
        shape = {**self.asked.shape, "B": rows}
        results = self.subject.collect(self.subject.launch(placed, self.asked.keywords), shape)
        return required(results, "tokens").reshape(rows, -1)[: len(points), 0]


def _check_seams(verdict: Verdict, probes: _Probes, cdf: np.ndarray) -> None:
    """Probe both sides of each seam: at cdf(t) - MOST no later token, at cdf(t) + MOST no earlier one."""
    seam = np.array(seams(len(cdf)))
    below, above = cdf[seam] - MOST, cdf[seam] + MOST
    low, high = seam[below >= 0], seam[above < 1]
    drawn = probes.tokens(np.concatenate([below[below >= 0], above[above < 1]]))
    for number, (token, got) in enumerate(zip(np.concatenate([low, high]), drawn, strict=True)):
        before = number < len(low)
        right = 0 <= got <= token if before else token < got < len(cdf)
        side, wanted = ("below", "no later token") if before else ("above", "a later token")
        verdict.expect(
            bool(right),
            f"the turning point of token {token}",
            f"within {MOST:g} of its cdf {cdf[token]:.9g}: {wanted} just {side}",
            f"token {got}",
        )


def _check_pairs(verdict: Verdict, probes: _Probes, cdf: np.ndarray, rng: np.random.Generator) -> Verdict:
    """Measure the total variation: over the whole vocabulary, or estimated from pairs of neighbours."""
    device, vocabulary = probes.subject.device, len(cdf)

    def errors(tokens: np.ndarray) -> np.ndarray:
        found: np.ndarray = _turning_points(verdict, probes, tokens, cdf) - cdf[tokens]
        return found

    pairs = PAIRS[device]
    left = rng.choice(vocabulary - 1, pairs, replace=False)
    started = time.perf_counter()
    neighbours = errors(np.stack([left, left + 1], 1).ravel())
    whole = (time.perf_counter() - started) * vocabulary / (2 * pairs)
    if device == "cuda" and whole <= LONGEST:
        distance = float(np.abs(np.diff(errors(np.arange(vocabulary)), prepend=0.0)).sum()) / 2
        how, decisions = "over the whole vocabulary", vocabulary
    else:
        distance = float(np.abs(neighbours[1::2] - neighbours[::2]).mean()) * vocabulary / 2
        how, decisions = f"estimated from {pairs} pairs of tokens", 2 * pairs
    verdict.decisions += decisions
    verdict.measures["law_error_tv"] = distance
    verdict.expect(
        distance <= MOST, f"total variation {how}", f"at most {MOST:g}", f"{distance:.3g}", distance / MOST
    )
    return verdict


def _turning_points(verdict: Verdict, probes: _Probes, tokens: np.ndarray, cdf: np.ndarray) -> np.ndarray:
    """Return, for each token t, the uniform at which the answer passes t; a finding for one out of reach."""
    rows = min(ROWS[probes.subject.device], len(tokens))
    placed = repeated(probes.subject.place(probes.asked.inputs, probes.dtype), rows)
    last = np.flatnonzero(np.diff(cdf, prepend=0.0))[-1]
    points = np.empty(len(tokens))
    for start in range(0, len(tokens), rows):
        chunk = tokens[start : start + rows]
        first, end = np.maximum(cdf[chunk] - BRACKET, 0.0), np.minimum(cdf[chunk] + BRACKET, 1 - 2.0**-53)
        low, high = first, end
        for _ in range(STEPS):
            middle = (low + high) / 2
            beyond = probes.ask(placed, middle) > chunk
            low, high = np.where(beyond, low, middle), np.where(beyond, middle, high)
        points[start : start + len(chunk)] = (low + high) / 2
        # What never gave way at one end has its turning point beyond it, unless nothing lies there.
        outside = ((low == first) & (first > 0)) | ((high == end) & (end < 1 - 2.0**-53))
        for token in chunk[outside & (chunk < last)][: max(8 - len(verdict.findings), 0)]:
            verdict.expect(
                False,
                f"the turning point of token {token}",
                f"within {BRACKET:g} of its cdf {cdf[token]:.9g}",
                "further off",
            )
    # The last token's cell ends at 1 by definition.
    return np.where(tokens == last, cdf[tokens], points)


def _write(target: object, values: np.ndarray) -> None:
    if isinstance(target, np.ndarray):
        target[:] = values
    else:
        import torch

        assert isinstance(target, torch.Tensor)
        target.copy_(torch.from_numpy(values))


ACCURACY = Law(
    "accuracy",
    "At V = 151,936 the law of a draw differs from the exact law of the float inputs by TV <= 1e-6.",
    check_accuracy,
    cases=accuracy_cases,
    devices=("numpy", "cpu", "cuda"),
    seconds=300.0,
    needs=(REPLAY, WIDE_UNIFORMS),
)
