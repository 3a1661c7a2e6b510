"""The judges of the sampling operations."""

import math
from typing import Any

import numpy as np

from draftproof.properties.core.contract import Arrays
from draftproof.properties.core.promises import STRICT, Leniency
from draftproof.properties.core.verdict import Verdict
from draftproof.properties.judges.drawing import judge_draw, judge_support
from draftproof.properties.judges.equality import judge_equal, required
from draftproof.properties.judges.rounding import SMALLEST_NORMAL, UNIT
from draftproof.reference.distribution import mass
from draftproof.reference.sampling.softmax import softmax
from draftproof.reference.sampling.uniforms import uniforms
from draftproof.reference.status import Status

RMS_FACTOR = 1.5
"""The root-mean-square error may be this many times that of the oracle's twin in float32."""


def judge_sample(
    inputs: Arrays, keywords: dict[str, Any], outputs: Arrays, leniency: Leniency = STRICT
) -> Verdict:
    """Judge the outputs of ``sample`` by replaying each draw; without replay, that each could be drawn."""
    verdict = Verdict()
    probs, draws = required(inputs, "probs"), required(inputs, "uniforms")
    tokens, status = required(outputs, "tokens"), required(outputs, "status")
    for b, row in enumerate(probs):
        if leniency.replay:
            judge_draw(verdict, f"row {b}", mass(row), float(draws[b]), int(tokens[b]))
        else:
            judge_support(verdict, f"row {b}", mass(row), int(tokens[b]))
        expected = Status.DEGENERATE if tokens[b] < 0 else Status.OK
        expected |= Status.OK if np.isfinite(row).all() else Status.NAN_SEEN
        differing = (int(status[b]) ^ expected) & leniency.status
        verdict.expect(not differing, f"row {b}, status", repr(expected), int(status[b]))
    return verdict


def judge_softmax(inputs: Arrays, keywords: dict[str, Any], outputs: Arrays) -> Verdict:
    """Judge the output of ``softmax`` elementwise and by its root-mean-square error.

    exp errs by two units, the sum by its pairwise bound, and the argument by two roundings of its own
    size: the difference l - max, and its product with log2(e), since the machine's exponential has base
    2. A probability below the smallest normal number may be flushed to 0. What must be exactly 0 is
    exactly 0, and no probability exceeds 1.
    """
    logits, got = required(inputs, "logits"), required(outputs, "probs").astype(np.float64)
    want = softmax(logits)
    verdict = Verdict(decisions=got.size)
    finite = np.where(np.isfinite(logits), logits, 0.0).astype(np.float64)
    with np.errstate(invalid="ignore"):
        highest = np.where(np.isneginf(logits) | np.isnan(logits), -np.inf, logits)
        highest = highest.max(-1, keepdims=True, initial=-np.inf).astype(np.float64)
    span = np.where(np.isfinite(highest), np.abs(finite - np.where(np.isfinite(highest), highest, 0.0)), 0.0)
    unit = UNIT * (8 + 2 * np.log2(max(got.shape[-1], 2)) + 2 * span)
    allowed = unit * want + SMALLEST_NORMAL
    with np.errstate(invalid="ignore"):
        excess = np.where(np.isfinite(got), np.abs(got - want) / allowed, np.inf)
        excess[(want == 0) & (got != 0)] = np.inf
        excess[got > 1] = np.inf
    verdict.measures["worst_error_units"] = float(excess.max(initial=0.0))
    for place in np.argwhere(excess > 1)[:8]:
        at = tuple(int(index) for index in place)
        verdict.expect(False, f"probs{list(at)}", f"{want[at]:.9g}", f"{got[at]:.9g}", float(excess[at]))
    _judge_rms(verdict, logits, want, got)
    return verdict


def _judge_rms(verdict: Verdict, logits: np.ndarray, want: np.ndarray, got: np.ndarray) -> None:
    """Judge each row's relative RMS error against a float32 twin of the rule."""
    with np.errstate(invalid="ignore", over="ignore", under="ignore"):
        shifted = (logits - logits.max(-1, keepdims=True)).astype(np.float32)
        weights = np.exp(shifted)
        twin = (weights / weights.sum(-1, keepdims=True, dtype=np.float32)).astype(np.float64)
    for b in np.flatnonzero(np.isfinite(twin).all(-1) & np.isfinite(got).all(-1)):
        rms, twin_rms = (float(np.sqrt(np.mean((values[b] - want[b]) ** 2))) for values in (got, twin))
        # A twin may be exact by luck, and the error of its sum is shared by the whole row: exp and a
        # sum in another order are always allowed what they honestly take.
        honest = UNIT * (6 + math.log2(max(want.shape[-1], 2)) / 2)
        limit = RMS_FACTOR * twin_rms + honest * float(np.sqrt(np.mean(want[b] ** 2)))
        verdict.expect(
            rms <= limit,
            f"row {b}, RMS error",
            f"at most {limit:.3g}",
            f"{rms:.3g}",
            rms / limit if limit else 0,
        )


def judge_uniforms(inputs: Arrays, keywords: dict[str, Any], outputs: Arrays) -> Verdict:
    """Judge the output of ``uniforms``: equal to the oracle's bit for bit."""
    wanted = uniforms(required(inputs, "seeds"), required(inputs, "offsets"), keywords["count"])
    return judge_equal(outputs, {"uniforms": wanted})
