"""The law error at real vocabulary sizes, measured through the float64 uniforms.

The answer turns from t to a later token where u passes the implementation's own cdf(t). Bisection
finds that point for every t; half the summed differences between neighbours is the total variation
between the implementation's law and the exact one.
"""

import time

import numpy as np

from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import FunctionContract
from draftproof.properties.core.law import Law
from draftproof.properties.core.memory import repeated
from draftproof.properties.core.probes import Asked, DrawProbe
from draftproof.properties.core.subject import FunctionSubject
from draftproof.properties.core.verdict import Verdict
from draftproof.properties.inputs.rows import distribution
from draftproof.properties.judges.equality import required

MOST = 1e-6
"""Total variation allowed at V = 151,936 (ops.md, rule 8)."""

BRACKET = 8e-6
"""Half-width of the interval in which a turning point is looked for; one outside counts as this far off."""

STEPS = 24
"""Bisections: 16e-6 / 2**24 = 1e-12, whose sum over the vocabulary stays below the bound."""

PAIRS = {"numpy": 8, "cpu": 16, "cuda": 1024}
"""Neighbouring tokens looked at where the whole vocabulary would take too long."""

LONGEST = 30.0
"""Seconds that the whole vocabulary may take on a GPU; a slower implementation is sampled."""

ROWS = {"numpy": 16, "cpu": 32, "cuda": 1024}
"""Rows per launch."""


VOCABULARY = 151_936


def accuracy_cases(contract: FunctionContract, device: str, budget: str, seed: int) -> list[Case]:
    """Return one case per way of drawing: straight from a row, or from a residual."""
    if budget == "small":
        return []
    return [
        Case(contract.name, {"V": VOCABULARY}, "float32", {"draw": way, "rows": "zipf"}, seed)
        for way in probe_of(contract).ways
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
    q = (0.5 * p + 0.5 * distribution(rng, vocabulary, case.options["rows"])).astype(np.float32)
    p[0], q[0] = 0.0, 0.01  # a draft of token 0 is always rejected
    weights = probe.weights(way, p, q)
    cdf = np.cumsum(weights) / weights.sum()
    asked = probe.ask(way, p, q)

    def errors(tokens: np.ndarray) -> np.ndarray:
        found: np.ndarray = _turning_points(subject, case.dtype, probe.uniforms, asked, tokens, cdf)
        found -= cdf[tokens]
        return found

    pairs = PAIRS[subject.device]
    left = rng.choice(vocabulary - 1, pairs, replace=False)
    errors(left[:1])  # builds and loads whatever a first call does
    started = time.perf_counter()
    neighbours = errors(np.stack([left, left + 1], 1).ravel())
    whole = (time.perf_counter() - started) * vocabulary / (2 * pairs)
    if subject.device == "cuda" and whole <= LONGEST:
        distance = float(np.abs(np.diff(errors(np.arange(vocabulary)), prepend=0.0)).sum()) / 2
        how, decisions = "over the whole vocabulary", vocabulary
    else:
        distance = float(np.abs(neighbours[1::2] - neighbours[::2]).mean()) * vocabulary / 2
        how, decisions = f"estimated from {pairs} pairs of tokens", 2 * pairs
    verdict = Verdict(decisions=decisions, measures={"law_error_tv": distance})
    verdict.expect(
        distance <= MOST, f"total variation {how}", f"at most {MOST:g}", f"{distance:.3g}", distance / MOST
    )
    return verdict


def _turning_points(
    subject: FunctionSubject,
    dtype: str,
    uniforms: str,
    asked: Asked,
    tokens: np.ndarray,
    cdf: np.ndarray,
) -> np.ndarray:
    """Return, for each token t, the uniform at which the answer passes t."""
    rows = min(ROWS[subject.device], len(tokens))
    placed = repeated(subject.place(asked.inputs, dtype), rows)
    shape = {**asked.shape, "B": rows}
    points = np.empty(len(tokens))
    for start in range(0, len(tokens), rows):
        chunk = tokens[start : start + rows]
        padded = np.concatenate([chunk, np.full(rows - len(chunk), chunk[-1])])
        low = np.maximum(cdf[padded] - BRACKET, 0.0)
        high = np.minimum(cdf[padded] + BRACKET, 1 - 2.0**-53)
        for _ in range(STEPS):
            middle = (low + high) / 2
            _write(placed[uniforms], middle)
            results = subject.collect(subject.launch(placed, asked.keywords), shape)
            answer = required(results, "tokens")
            beyond = answer.reshape(rows, -1)[:, 0] > padded
            low, high = np.where(beyond, low, middle), np.where(beyond, middle, high)
        points[start : start + len(chunk)] = ((low + high) / 2)[: len(chunk)]
    # The last token's cell ends at 1 by definition.
    return np.where(tokens == np.flatnonzero(np.diff(cdf, prepend=0.0))[-1], cdf[tokens], points)


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
)
