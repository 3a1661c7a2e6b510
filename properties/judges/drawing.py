"""Was this token drawn rightly? The replay of one draw by inverse CDF."""

import numpy as np

from draftproof.properties.core.verdict import Verdict
from draftproof.properties.inputs.dyadic import GRAIN, adds_exactly
from draftproof.properties.judges.rounding import LARGEST_UNIFORM, UNIT, sum_error


def judge_draw(
    verdict: Verdict, where: str, weights: np.ndarray, uniform: float, token: int, slack: float = 0.0
) -> None:
    """Judge a token drawn in proportion to ``weights`` (float64 [V], no NaN, not negative).

    The token must have weight, and u * total must lie in its cell [cdf(t-1), cdf(t)) of the float64
    CDF, up to the error bound of the sum; where float32 makes none, up to nothing. ``slack`` widens the
    bound where the weights themselves carry rounding (an absolute amount of mass); a token lighter than it
    may then pass as weightless. What 0 and the largest uniforms decide is judged, but not counted as
    forgiven: they are planted where rounding matters, and say nothing of how often it does.
    """
    verdict.decisions += 1
    cdf = np.cumsum(weights)
    total = cdf[-1] if len(cdf) else 0.0
    if total <= 0:
        if token != -1:
            verdict.expect(False, where, "-1, for a row without mass", token)
        return
    if not 0 <= token < len(weights):
        verdict.expect(False, where, f"an id in [0, {len(weights)})", token)
        return
    if weights[token] <= 0 and slack == 0:
        verdict.expect(False, where, "an id with mass", f"{token}, which has none")
        return
    aim = uniform * total
    low = cdf[token - 1] if token else 0.0
    below, above = low - aim, aim - cdf[token]
    # The last token with mass is right even where u * total rounds up to the total.
    if below <= 0 and (above < 0 or not weights[token + 1 :].any()):
        return
    exact = slack == 0 and (uniform * GRAIN).is_integer() and adds_exactly(weights)
    allowed = 0.0 if exact else sum_error(len(weights)) * total + slack
    distance = max(below, above, 0.0)
    if distance <= allowed and not exact:
        verdict.forgiven += UNIT <= uniform < LARGEST_UNIFORM
        return
    positive = np.flatnonzero((weights > 0) & (cdf > aim))
    right = int(positive[0] if positive.size else np.flatnonzero(weights > 0)[-1])
    verdict.expect(
        False,
        where,
        f"{right} (u * total = {aim:.9g})",
        f"{token}, whose cell is [{low:.9g}, {cdf[token]:.9g})",
        distance / allowed if allowed else float("inf"),
    )


def judge_support(verdict: Verdict, where: str, weights: np.ndarray, token: int, slack: float = 0.0) -> None:
    """Judge that a token could have been drawn in proportion to ``weights``, by whatever randomness.

    Weights that carry rounding, an absolute ``slack`` of mass, may lack what rounding takes away.
    """
    if weights.sum() <= 0:
        verdict.expect(token == -1, where, "-1, for a row without mass", token)
        return
    inside = 0 <= token < len(weights)
    verdict.expect(inside, where, f"an id in [0, {len(weights)})", token)
    if inside and slack == 0:
        verdict.expect(bool(weights[token] > 0), where, "an id with mass", f"{token}, which has none")
