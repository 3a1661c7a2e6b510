"""The judge of one draw: right answers pass, wrong ones do not, and the bound lies where it is said to."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from draftproof.properties.core.verdict import Verdict
from draftproof.properties.judges.drawing import judge_draw
from draftproof.properties.judges.rounding import (
    FORGIVEN_FREE,
    LARGEST_UNIFORM,
    UNIT,
    sum_error,
    too_many_forgiven,
)
from draftproof.properties.strategies import distributions, uniforms, vocabularies
from draftproof.reference.distribution import draw, mass

rows = vocabularies(largest=1025).flatmap(distributions).map(mass)
HALVES = np.array([0.25, 0.0, 0.25, 0.5])


def judged(weights: np.ndarray, uniform: float, token: int, slack: float = 0.0) -> Verdict:
    verdict = Verdict()
    judge_draw(verdict, "row 0", weights, uniform, token, slack)
    return verdict


@given(rows, uniforms("float64"))
def test_the_oracle_is_right_without_forgiveness(weights: np.ndarray, uniform: float) -> None:
    verdict = judged(weights, uniform, draw(weights, uniform))
    assert verdict.passed
    assert verdict.forgiven == 0
    assert verdict.decisions == 1


@given(rows, uniforms("float64"), st.data())
def test_any_other_answer_is_wrong_or_within_the_bound(
    weights: np.ndarray, uniform: float, data: st.DataObject
) -> None:
    right = draw(weights, uniform)
    token = data.draw(st.integers(-1, len(weights)).filter(lambda token: token != right))
    verdict = judged(weights, uniform, token)
    if UNIT <= uniform < LARGEST_UNIFORM:
        assert verdict.passed == (verdict.forgiven == 1)
    if verdict.passed:
        cdf = np.cumsum(weights)
        cell = np.array([cdf[token - 1] if token else 0.0, cdf[token]])
        nearest = np.abs(cell - uniform * cdf[-1]).min()
        assert weights[token] > 0
        assert nearest <= sum_error(len(weights)) * cdf[-1]


@pytest.mark.parametrize(
    ("token", "expected", "got"),
    [
        (-1, "an id in [0, 4)", "-1"),
        (4, "an id in [0, 4)", "4"),
        (1, "an id with mass", "1, which has none"),
        (0, "2 (u * total = 0.3)", "0, whose cell is [0, 0.25)"),
        (3, "2 (u * total = 0.3)", "3, whose cell is [0.5, 1)"),
    ],
)
def test_a_wrong_token_is_explained(token: int, expected: str, got: str) -> None:
    (finding,) = judged(HALVES, 0.3, token).findings
    assert (finding.where, finding.expected, finding.got) == ("row 0", expected, got)


def test_a_row_without_mass_gives_no_token() -> None:
    assert judged(np.zeros(3), 0.5, -1).passed
    assert not judged(np.zeros(3), 0.5, 0).passed


@pytest.mark.parametrize(("units", "passes"), [(0.5, True), (0.99, True), (1.01, False), (100.0, False)])
@pytest.mark.parametrize("side", [-1, 1])
def test_the_bound_is_that_of_the_sum(units: float, passes: bool, side: int) -> None:
    # 0.25 is the border of tokens 0 and 2; on either side the other one is claimed.
    uniform = 0.25 + side * units * sum_error(4)
    # Times 0.7 the weights are no multiples of 2**-24: float32 would round their sum.
    verdict = judged(0.7 * HALVES, uniform, 2 if side < 0 else 0)
    assert verdict.passed == passes
    assert verdict.forgiven == passes
    if not passes:
        assert verdict.findings[0].excess == pytest.approx(units, rel=1e-6)


def test_the_border_itself_belongs_to_the_next_token() -> None:
    assert judged(HALVES, 0.25, 2).forgiven == 0
    assert judged(HALVES, 0.25, 2).passed
    assert judged(HALVES, 0.0, 0).passed


@pytest.mark.parametrize("units", [1, 2, 1000])
def test_where_float32_rounds_nothing_nothing_is_forgiven(units: int) -> None:
    # One unit of the uniforms beside the border of tokens 0 and 2: the sums are exact in any order.
    assert not judged(HALVES, 0.25 - units * UNIT, 2).passed
    assert not judged(HALVES, 0.25 + units * UNIT, 0).passed
    assert not judged(HALVES, 0.25, 0).passed  # cdf >= u * total
    assert judged(HALVES, 0.25, 2).passed
    assert judged(0.75 * HALVES, 0.25 - units * UNIT, 2, slack=1.0).passed


def test_the_largest_uniforms_are_judged_but_not_counted() -> None:
    # The last border is where every honest sum differs: a planted uniform says nothing of how often.
    weights = np.array([0.7, 0.1, 1e-9])
    for uniform, counted in ((1 - 2.0**-24, 0), (1 - 2.0**-53, 0), (0.875 - 1e-8, 1)):
        verdict = judged(weights, uniform, 1)
        assert verdict.passed
        assert verdict.forgiven == counted
    assert not judged(weights, 1 - 2.0**-24, 0).passed


def test_the_smallest_uniform_is_judged_but_not_counted() -> None:
    # A sum from the far end does not see a first weight that is lost in the total.
    weights = np.array([1e-20, 0.7, 0.1])
    for uniform, counted in ((0.0, 0), (UNIT, 1)):
        verdict = judged(weights, uniform, 1 if uniform == 0 else 0)
        assert verdict.passed
        assert verdict.forgiven == counted
    assert not judged(weights, 0.0, 2).passed


def test_slack_widens_the_bound() -> None:
    assert not judged(HALVES, 0.26, 0).passed
    assert judged(HALVES, 0.26, 0, slack=0.011).forgiven == 1
    assert judged(HALVES, 0.25, 1, slack=1e-9).passed


@given(st.integers(1, 2**20))
def test_the_error_of_a_sum_grows_with_its_depth(terms: int) -> None:
    rng = np.random.default_rng(terms)
    values = rng.random(min(terms, 4096)).astype(np.float32)
    exact = values.astype(np.float64).sum()
    assert abs(float(values.sum(dtype=np.float32)) - exact) <= sum_error(4096) * exact
    assert sum_error(terms) <= sum_error(2 * terms) <= sum_error(terms) + UNIT


def test_the_error_at_the_largest_vocabulary() -> None:
    assert sum_error(151_936) == 20 * UNIT
    assert sum_error(1) == 3 * UNIT


@pytest.mark.parametrize(
    ("forgiven", "decisions", "too_many"),
    [
        (0, 0, False),
        (FORGIVEN_FREE, 3, False),
        (FORGIVEN_FREE + 1, 100, True),
        (10, 100_000, False),
        (11, 100_000, True),
    ],
)
def test_how_many_may_be_forgiven(forgiven: int, decisions: int, too_many: bool) -> None:
    assert too_many_forgiven(forgiven, decisions) == too_many
