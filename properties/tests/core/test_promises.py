"""A backend is held to what it promises: no more, and in every law no less."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from draftproof import reference
from draftproof.properties.cases.plan import Check, plan
from draftproof.properties.contracts import CONTRACTS
from draftproof.properties.core.promises import Promises, name_profile, read_promises
from draftproof.properties.core.subject import FunctionSubject, subject_of
from draftproof.properties.core.verdict import Finding
from draftproof.properties.laws.sampling import statistics
from draftproof.reference.status import Status

RNG = np.random.default_rng(7)

CHEAP = ("admissible", "values", "inputs unchanged", "fully written", "red zones", "repeatable", "layouts")


def backend(operation: str, function: Callable[..., Any], **said: object) -> ModuleType:
    module = ModuleType("stranger")
    vars(module).update({operation: function, "CONFORMANCE": {"arrays": "numpy", operation: said}})
    return module


def findings(module: ModuleType, operation: str, *laws: str, budget: str = "small") -> list[Finding]:
    """Return the findings of laws against a backend that is judged as it is by ``check``."""
    subject = subject_of(module, CONTRACTS[operation], "numpy")
    assert isinstance(subject, FunctionSubject)
    listed = [each for each in checks(module, operation, budget) if not laws or each.law.name in laws]
    assert listed
    found: list[Finding] = []
    for check in listed:
        if not check.unpromised:
            found += check.law.check(subject.contract, subject, check.case).findings
    return found


def checks(module: ModuleType, operation: str, budget: str = "small") -> list[Check]:
    contract = CONTRACTS[operation]
    promises = read_promises(contract, module.CONFORMANCE[operation])
    return plan(contract, "numpy", budget, 0, promises)


def drawn(probs: np.ndarray, exponent: float) -> Any:
    """Draw from rows as the oracle does, faster, with uniforms of its own to the power of ``exponent``."""
    usable = np.isfinite(probs) & (probs > 0)
    cdf = np.cumsum(np.where(usable, probs, 0.0), axis=1, dtype=np.float64)
    aims = RNG.random(len(probs)) ** exponent * cdf[:, -1]
    places = [np.searchsorted(row, aim, side="right") for row, aim in zip(cdf, aims, strict=True)]
    empty = ~usable.any(axis=1)
    status = np.where(empty, Status.DEGENERATE, 0) | np.where(np.isfinite(probs).all(1), 0, Status.NAN_SEEN)
    return np.where(empty, -1, places).astype(np.int32), status.astype(np.int32)


def own_sample(probs: np.ndarray, uniforms: np.ndarray) -> Any:
    return drawn(probs, 1.0)


def named_chain(**given: Any) -> Any:
    given["accept_uniforms"] = RNG.random(given["accept_uniforms"].shape)
    given["sample_uniforms"] = RNG.random(given["sample_uniforms"].shape)
    return reference.verify_chain(**given)


@pytest.fixture
def fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the statistics of what cannot be replayed take fewer draws: enough for what is wrong here."""
    monkeypatch.setitem(statistics.DRAWS["deep"], "numpy", 4000)


@pytest.mark.usefixtures("fewer")
def test_a_generator_of_its_own_is_right_if_it_promises_no_more() -> None:
    assert findings(backend("sample", own_sample), "sample", "admissible")
    assert not findings(backend("sample", own_sample, randomness="own"), "sample", *CHEAP, "statistics")


def test_a_verifier_with_a_generator_of_its_own_is_right_too() -> None:
    assert findings(backend("verify_chain", named_chain), "verify_chain", "admissible")
    assert not findings(backend("verify_chain", named_chain, randomness="own"), "verify_chain", *CHEAP)


@pytest.mark.usefixtures("fewer")
def test_without_replay_another_law_is_still_wrong() -> None:
    def leaning(probs: np.ndarray, uniforms: np.ndarray) -> Any:
        return drawn(probs, 1.6)

    assert findings(backend("sample", leaning, randomness="own"), "sample", "statistics")


def test_without_replay_a_token_without_mass_is_still_wrong() -> None:
    def first(probs: np.ndarray, uniforms: np.ndarray) -> Any:
        tokens, status = reference.sample(probs, uniforms)
        return np.where(tokens < 0, tokens, 0).astype(np.int32), status

    assert findings(backend("sample", first, randomness="own"), "sample", "admissible")


def test_without_replay_a_verifier_that_keeps_no_residual_is_still_wrong() -> None:
    def target(**given: Any) -> Any:
        tokens, accepted, status = named_chain(**given)
        for b in range(len(tokens)):
            row = given["target_probs"][b, accepted[b]][None]
            tokens[b, accepted[b]] = reference.sample(row, RNG.random(1))[0][0]
        return tokens, accepted, status

    found = findings(backend("verify_chain", target, randomness="own"), "verify_chain", "admissible")
    assert any("which has none" in finding.got for finding in found)


def tied(rejects_impossible: bool) -> Callable[..., Any]:
    """Return the oracle's token rule with "accept while u q <= p"."""

    def verify(**given: Any) -> Any:
        q = given["draft_probs"]
        eager = given["accept_uniforms"].astype(np.float64)
        for b, row in enumerate(given["draft_tokens"]):
            for i, x in enumerate(row):
                p = given["target_probs"][b, i]
                if not 0 <= x < len(p):
                    continue
                p_x, q_x = float(p[x]), 1.0 if q is None else float(q[b, i, x])
                if eager[b, i] * q_x == p_x and (p_x > 0 or not rejects_impossible):
                    eager[b, i] = -1.0
        return reference.verify_chain(**{**given, "accept_uniforms": eager})

    return verify


def test_acceptance_at_a_tie_may_be_declared_but_no_token_without_mass() -> None:
    right = {"rule": "token", "without": ["nan", "inf", "draft_not_finite"]}
    strict = backend("verify_chain", tied(True), **right)
    assert findings(strict, "verify_chain", "admissible")
    declared = backend("verify_chain", tied(True), **right, ties="accepted")
    assert not findings(declared, "verify_chain", "admissible")
    emitting = backend("verify_chain", tied(False), **right, ties="accepted")
    assert findings(emitting, "verify_chain", "admissible")


def without_status(probs: np.ndarray, uniforms: np.ndarray) -> Any:
    return reference.sample(probs, uniforms)[0]


def degenerate_only(probs: np.ndarray, uniforms: np.ndarray) -> Any:
    tokens, status = reference.sample(probs, uniforms)
    return tokens, status & np.int32(Status.DEGENERATE)


def test_status_words_may_be_partial_or_absent() -> None:
    assert findings(backend("sample", degenerate_only), "sample", "admissible")
    assert not findings(backend("sample", degenerate_only, status=["DEGENERATE"]), "sample", *CHEAP)
    assert findings(backend("sample", degenerate_only, status=["NAN_SEEN"]), "sample", "admissible")
    assert not findings(backend("sample", without_status, status="absent"), "sample", *CHEAP)


def nothing_hostile(probs: np.ndarray, uniforms: np.ndarray) -> Any:
    if probs.shape[1] > 1024 or not np.isfinite(probs).all() or (probs.sum(-1) <= 0).any():
        raise ValueError("this was not promised")
    return reference.sample(probs, uniforms)


def test_what_is_left_out_is_never_asked() -> None:
    said = {"without": ["nan", "inf", "negative", "zero_row", "subnormal"], "sizes": {"V": [1, 1024]}}
    module = backend("sample", nothing_hostile, **said)
    assert not findings(module, "sample", *CHEAP, "rows independent", "history")
    unpromised = {need for check in checks(module, "sample") for need in check.unpromised.split(", ")}
    assert unpromised >= {"nan", "inf", "zero_row", "V = 151936"}


def test_uniforms_that_are_never_0_are_never_0() -> None:
    def refuse(probs: np.ndarray, uniforms: np.ndarray) -> Any:
        assert (uniforms > 0).all()
        return reference.sample(probs, uniforms)

    assert not findings(backend("sample", refuse, interval="(0, 1]"), "sample", "admissible", "values")
    with pytest.raises(AssertionError):
        findings(backend("sample", refuse), "sample", "admissible", "values")


def test_dependence_on_the_batch_may_be_declared() -> None:
    def by_place(probs: np.ndarray, uniforms: np.ndarray) -> Any:
        turned = (uniforms + np.arange(len(probs)) * 0.618) % 1.0
        return reference.sample(probs, turned.astype(uniforms.dtype))

    said = {"randomness": "seeded", "batch": "dependent"}
    assert not findings(backend("sample", by_place, **said), "sample", *CHEAP, "history", "many calls")
    assert findings(backend("sample", by_place, randomness="seeded"), "sample", "rows independent")


@pytest.mark.parametrize(
    ("said", "dtypes", "draws"),
    [
        ({"uniforms": "float32", "drafts": "given"}, {"float32"}, set()),
        ({"drafts": ["given"]}, {"float32", "float64"}, {"row", "given"}),
        ({"rule": "block"}, {"float32", "float64"}, set()),
    ],
)
def test_a_restriction_holds_in_every_law(said: Any, dtypes: set[str], draws: set[str]) -> None:
    def narrow(**given: Any) -> Any:
        assert given["accept_uniforms"].dtype.name in dtypes
        assert "drafts" not in said or given["draft_probs"] is None
        assert said.get("rule", given["rule"]) == given["rule"]
        return reference.verify_chain(**given)

    module = backend("verify_chain", narrow, **said)
    assert not findings(module, "verify_chain", "admissible", "values", "history", "exact law")
    drawn = [each for each in checks(module, "verify_chain") if each.law.name == "accuracy"]
    assert {each.case.options["draw"] for each in drawn if not each.unpromised} == draws


@pytest.mark.parametrize(
    ("operation", "said", "message"),
    [
        ("sample", {"rows": "flat"}, r"not rows, which says what inputs look like"),
        ("sample", {"temperature": "1"}, r"may restrict uniforms, layouts, .*, not temperature$"),
        ("softmax", {"randomness": "own"}, r"not randomness$"),
        ("sample", {"uniforms": []}, r"uniforms to \[\], but its choices are float32, float64"),
        ("sample", {"without": ["rain"]}, r"without to \['rain'\], but its choices are edge_uniforms"),
        ("sample", {"layouts": "tidy"}, r"layouts to 'tidy', but its choices are any, contiguous"),
        ("sample", {"status": ["GOOD"]}, r"status to \['GOOD'\], but its choices are OK, DEGENERATE"),
        ("sample", {"sizes": {"W": [1, 2]}}, r"sizes to \{'W': \[1, 2\]\}, where for each of the axes B, V"),
        ("sample", {"sizes": {"V": [6, 7]}}, r"the least and the largest size are expected"),
        ("sample", {"sizes": 3}, r"the least and the largest size are expected"),
    ],
)
def test_what_cannot_be_declared_is_refused(operation: str, said: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_promises(CONTRACTS[operation], said)


def test_nothing_said_promises_everything() -> None:
    assert read_promises(CONTRACTS["sample"], None) == Promises()
    assert name_profile({"arrays": "numpy"}) == "full"
    assert name_profile({"sample": {"uniforms": "float32"}}) == "law + hostile"
    assert name_profile({"sample": {"without": ["nan"]}, "softmax": {"layouts": "contiguous"}}) == "law"
