"""The judge of a verified chain accepts the oracle's answers, rejects every other, forgives to the unit."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from draftproof.properties.contracts import FUNCTIONS
from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import Arrays
from draftproof.properties.core.verdict import Verdict
from draftproof.properties.judges.rounding import PRODUCT, UNIT
from draftproof.properties.strategies import cases
from draftproof.reference.speculative.verify_chain import verify_chain
from draftproof.reference.status import Status

CHAIN = FUNCTIONS["verify_chain"]
chains = cases("verify_chain", device="interpreter")


def answered(case: Case) -> tuple[Arrays, dict[str, np.ndarray]]:
    inputs = CHAIN.fill(case)
    return inputs, CHAIN.oracle(**inputs, **CHAIN.call_keywords(case))._asdict()


def one(p: list[float], q: list[float] | None, u: float, v: float, x: int = 0) -> Arrays:
    """One request with one draft x over two tokens; the row after it is flat."""
    return {
        "draft_tokens": np.array([[x]], np.int32),
        "draft_lengths": None,
        "draft_probs": None if q is None else np.array([[q]], np.float32),
        "target_probs": np.array([[p, [0.5, 0.5]]], np.float32),
        "accept_uniforms": np.array([[u]]),
        "sample_uniforms": np.array([v]),
    }


def judged(inputs: Arrays, tokens: list[int], accepted: int, rule: str = "token", status: int = 0) -> Verdict:
    outputs: Arrays = {
        "tokens": np.array([tokens], np.int32),
        "accepted": np.array([accepted], np.int32),
        "status": np.array([status], np.int32),
    }
    return CHAIN.judge(inputs, {"rule": rule}, outputs)


@given(chains)
def test_the_oracle_is_right_without_forgiveness(case: Case) -> None:
    inputs, outputs = answered(case)
    verdict = CHAIN.judge(inputs, CHAIN.call_keywords(case), {**outputs})
    assert verdict.passed, (str(case), verdict.findings[:3])


@given(chains.filter(lambda case: case.shape["B"] > 0), st.data())
def test_a_perturbed_answer_is_wrong_or_forgiven(case: Case, data: st.DataObject) -> None:
    inputs, outputs = answered(case)
    name = data.draw(st.sampled_from(["tokens", "accepted", "status"]))
    changed = outputs[name].copy()
    place = data.draw(st.integers(0, changed.size - 1))
    changed.flat[place] += data.draw(st.sampled_from([-4, -2, -1, 1, 2, 4, 8]))
    verdict = CHAIN.judge(inputs, CHAIN.call_keywords(case), {**outputs, name: changed})
    # NAN_SEEN may be set or not where a row was not needed; a decision never differs silently.
    nan_seen = name == "status" and abs(int(changed.flat[place]) - int(outputs[name].flat[place])) % 4 == 0
    assert not verdict.passed or verdict.forgiven or nan_seen, (str(case), name, place)


@pytest.mark.parametrize("rule", ["token", "block"])
@pytest.mark.parametrize(
    ("tokens", "accepted", "where"),
    [
        ([0, 1], 2, "row 0, accepted"),
        ([0, 1], -1, "row 0, accepted"),
        ([1, 1], 1, "row 0, the accepted tokens"),
        ([1, 0], 0, "row 0, the padding"),
        ([0, 2], 1, "row 0, the token after 1 accepted"),
        ([0, -1], 1, "row 0, the token after 1 accepted"),
    ],
)
def test_a_malformed_run_is_named(rule: str, tokens: list[int], accepted: int, where: str) -> None:
    inputs = one([0.5, 0.5], [0.5, 0.5], 0.25, 0.75)
    assert judged(inputs, [0, 1], 1, rule).passed
    assert any(finding.where == where for finding in judged(inputs, tokens, accepted, rule).findings)


@pytest.mark.parametrize(("units", "passes"), [(0.5, True), (0.98, True), (1.02, False), (50.0, False)])
@pytest.mark.parametrize("accepted", [0, 1])
def test_the_acceptance_bound_is_that_of_one_product(accepted: int, units: float, passes: bool) -> None:
    # u q = p at u = 0.5: just above the oracle rejects, just below it accepts; the other answer is claimed.
    side = 1 + (units if accepted else -units) * PRODUCT
    inputs = one([0.15, 0.85], [0.3, 0.7], 0.5 * side, 0.0)
    verdict = judged(inputs, [0, 0] if accepted else [1, -1], accepted)
    assert verdict.passed == passes
    assert verdict.forgiven == (1 if passes else 0)
    if not passes:
        assert verdict.findings[0].where == "row 0, position 0"
        assert verdict.findings[0].excess == pytest.approx(units, rel=0.01)


def test_a_token_of_zero_probability_is_never_forgiven() -> None:
    inputs = one([0.0, 1.0], [1e-30, 1.0], 0.0, 0.0)
    (finding, *_) = judged(inputs, [0, 0], 1).findings
    assert finding.expected == "rejected, for p(x) = 0"
    assert finding.excess == float("inf")


def test_a_bonus_without_mass_is_named() -> None:
    inputs = one([1.0, 0.0], [0.0, 1.0], 0.5, 0.5, x=1)
    assert judged(inputs, [0, -1], 0).passed
    (finding, *_) = judged(inputs, [1, -1], 0).findings
    assert finding.expected == "a token that the target gives mass"


def test_an_empty_residual_falls_back_to_the_target() -> None:
    inputs = one([0.5, 0.5], [0.5, 0.5], 1 - 2**-53, 0.75)
    inputs["target_probs"] = np.array([[[0.25, 0.25], [0.5, 0.5]]], np.float32)
    assert judged(inputs, [1, -1], 0).passed
    assert not judged(inputs, [0, -1], 0).passed


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, Status.OK),
        ({"draft_tokens": np.array([[-1]], np.int32)}, Status.INVALID_TOKEN),
        ({"draft_lengths": np.array([-1], np.int32)}, Status.INVALID_LENGTH),
        ({"target_probs": np.zeros((1, 2, 2), np.float32)}, Status.DEGENERATE),
        ({"target_probs": np.full((1, 2, 2), np.nan, np.float32)}, Status.DEGENERATE | Status.NAN_SEEN),
    ],
)
@pytest.mark.parametrize("rule", ["token", "block"])
def test_the_status_is_owed_exactly(rule: Any, change: Arrays, status: Status) -> None:
    inputs: Arrays = {**one([0.5, 0.5], [0.5, 0.5], 0.25, 0.75), **change}
    right = verify_chain(**inputs, rule=rule)  # type: ignore[arg-type]
    assert right.status.tolist() == [status]
    tokens, accepted = right.tokens[0].tolist(), int(right.accepted[0])
    for claimed in range(32):
        assert judged(inputs, tokens, accepted, rule, claimed).passed == (claimed == status)


def test_a_missing_nan_bit_is_tolerated_only_where_the_row_was_not_needed() -> None:
    inputs = one([0.5, 0.5], [0.5, 0.5], 0.25, 0.75)
    p = inputs["target_probs"]
    assert p is not None
    p[0, 0, 1] = np.nan  # beside the draft, in a row that an accepted draft does not need
    for claimed in (Status.OK, Status.NAN_SEEN):
        assert judged(inputs, [0, 1], 1, status=claimed).passed


@pytest.mark.parametrize("units", [0, 1, 100])
def test_a_product_that_float32_has_is_compared_exactly(units: int) -> None:
    # u q = p at u = 0.5, which rejects; so does any larger uniform, were it by one unit.
    inputs = one([0.25, 0.75], [0.5, 0.5], 0.5 + units * UNIT, 0.0)
    assert not judged(inputs, [0, 0], 1).passed
    assert judged(inputs, [1, -1], 0).passed
    assert judged(inputs, [1, -1], 0).forgiven == 0


def test_a_product_among_the_subnormal_numbers_may_be_rounded_to_its_neighbour() -> None:
    # 0.7 times the smallest number is itself or 0 in float32, and 0.7 of it in float64.
    smallest = 2.0**-149
    inputs = one([smallest, 1.0], [smallest, 1.0], 0.7, 0.5)
    assert judged(inputs, [0, 1], 1).passed
    rejected = judged(inputs, [1, -1], 0)
    assert rejected.forgiven == 0
    assert not any("position 0" in finding.where for finding in rejected.findings)
    assert not judged(one([2.0**-120, 1.0], [2.0**-120, 1.0], 0.7, 0.0), [1, -1], 0).passed


@pytest.mark.parametrize(("factor", "passes"), [(2.0**-149, True), (2.0**-120, False)])
def test_a_rate_that_float32_rounds_to_zero_stays_zero(factor: float, passes: bool) -> None:
    # P_1 = 0.4; P_2 = 0.4 from a product that float32 has only as 0 where the factor is the smallest number.
    p = np.array([[[0.2, 0.8], [factor, 1.0], [0.5, 0.5], [0.5, 0.5]]], np.float32)
    q = np.array([[[0.5, 0.5], [factor, 1.0], [0.25, 0.75]]], np.float32)
    inputs: Arrays = {
        "draft_tokens": np.zeros((1, 3), np.int32),
        "draft_lengths": None,
        "draft_probs": q,
        "target_probs": p,
        "accept_uniforms": np.array([[0.9, 0.9, 0.5]]),
        "sample_uniforms": np.array([0.9]),
    }
    # P_3 = 0.8 says that all are accepted, a P_2 of 0 that none is.
    assert judged(inputs, [0, 0, 0, 1], 3, "block").passed
    none = judged(inputs, [1, -1, -1, -1], 0, "block")
    assert none.forgiven == 0
    assert any("position 3" in finding.where for finding in none.findings) != passes


@pytest.mark.parametrize("more", [0.0, 2.0**-25])
@pytest.mark.parametrize(
    ("final", "token", "passes"),
    [
        (0.1, 0, True),  # by the residual, if anything is left of it, and by the target's row
        (0.1, 1, True),  # by a residual that rounding leaves there
        (0.9, 2, True),  # by the target's row
        (0.1, 2, False),  # nothing is left there, and the target's row gives 0
        (0.1, -1, False),
        (0.1, 3, False),
    ],
)
def test_a_residual_that_rounding_leaves_is_where_mass_can_be(
    final: float, token: int, passes: bool, more: float
) -> None:
    # P_1 = 1/3: P p and q are the same but for rounding at 0 and 1, and q is far above at 2.
    inputs: Arrays = {
        "draft_tokens": np.array([[0, 2]], np.int32),
        "draft_lengths": None,
        "draft_probs": np.array([[[0.3, 0.3, 0.4], [0.1, 0.1, 0.8]]], np.float32),
        "target_probs": np.array([[[0.1, 0.5, 0.4], [0.3, 0.3, 0.4], [0.3, 0.3, 0.4]]], np.float32),
        "accept_uniforms": np.array([[0.0, 0.99]]),
        "sample_uniforms": np.array([final]),
    }
    p = inputs["target_probs"]
    assert p is not None
    p[0, 1, 0] += np.float32(more)
    verdict = judged(inputs, [0, token, -1], 1, "block", int(token < 0))
    assert verdict.passed == passes, verdict.findings


def test_an_id_without_mass_is_not_drawn_beside_little() -> None:
    # P_1 = 1/3 and relu(P p - q) = (1e-7, 0, 0): more than rounding takes, near the next cell.
    q = np.array([0.1, 0.1, 0.8])
    inputs: Arrays = {
        "draft_tokens": np.array([[0, 2]], np.int32),
        "draft_lengths": None,
        "draft_probs": np.array([[[0.3, 0.3, 0.4], q]], np.float32),
        "target_probs": np.array([[[0.1, 0.5, 0.4], [0.3000003, 0.2, 0.4], [0.3, 0.3, 0.4]]], np.float32),
        "accept_uniforms": np.array([[0.0, 0.99]]),
        "sample_uniforms": np.array([0.99]),
    }
    assert judged(inputs, [0, 0, -1], 1, "block").passed
    for token in (1, 2):
        assert not judged(inputs, [0, token, -1], 1, "block").passed
