"""The exact law of chain verification at every size up to V = 6, K = 3, and what must break it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from draftproof import reference
from draftproof.properties.backend import Backend
from draftproof.properties.contracts import CONTRACTS
from draftproof.properties.core.case import Case
from draftproof.properties.core.subject import Subject
from draftproof.properties.laws.speculative import exact_law
from draftproof.properties.laws.speculative.exact_law import (
    BOUNDS,
    EXACT_LAW,
    SIZES,
    Model,
    cells,
    exact_cases,
    mean_accepted,
)

CHAIN = CONTRACTS["verify_chain"]
DEEP = exact_cases(CHAIN, "cpu", "deep", 0)
ON_GPU = ("eager", "triton", "cupy", "cuda")


def small(rule: str = "token", drafts: str = "drawn", V: int = 3, K: int = 2, seed: int = 0) -> Case:
    return Case("verify_chain", {"K": K, "V": V}, "float32", {"rule": rule, "drafts": drafts}, seed)


def holds(backend: Backend, case: Case) -> None:
    for law in (EXACT_LAW, BOUNDS):
        verdict = backend.check(law, case)
        assert verdict.passed, [str(finding) for finding in verdict.findings[:3]] + [
            backend.reproduction(law, case)
        ]


def test_both_laws_look_at_one_answer() -> None:
    calls = []

    def counted(*args: Any, **keywords: Any) -> Any:
        calls.append(keywords["rule"])
        return reference.verify_chain(*args, **keywords)

    for _ in range(2):  # another subject of the same function, as each check makes one
        for law in (EXACT_LAW, BOUNDS):
            assert law.check(CHAIN, Subject(CHAIN, counted, "numpy"), small()).passed
    assert calls == ["token"]
    assert EXACT_LAW.check(CHAIN, Subject(CHAIN, counted, "numpy"), small("block")).passed
    assert calls == ["token", "block"]


def test_answers_are_not_kept_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact_law, "_EMITTED", {})
    subject = Subject(CHAIN, reference.verify_chain, "numpy")
    for seed in range(exact_law.MOST_KEPT + 3):
        exact_law.emit(subject, small(V=2, K=1, seed=seed))
    kept = [case.seed for _, _, case in exact_law._EMITTED]
    assert kept == list(range(3, exact_law.MOST_KEPT + 3))


def test_the_deep_budget_reaches_the_largest_size() -> None:
    assert max(V for V, _ in SIZES["deep"]) == 6
    assert max(K for _, K in SIZES["deep"]) == 3
    assert (6, 3) in SIZES["deep"]


@pytest.mark.parametrize("case", DEEP, ids=str)
def test_eager_keeps_the_law_at_every_size(case: Case) -> None:
    holds(Backend.load("draftproof.optimized.eager", "cpu"), case)


@pytest.mark.gpu
@pytest.mark.parametrize("case", DEEP, ids=str)
@pytest.mark.parametrize("name", ON_GPU)
def test_every_backend_keeps_the_law_at_every_size(name: str, case: Case) -> None:
    backend = Backend.load(f"draftproof.optimized.{name}", "cuda")
    if backend.unavailable:
        pytest.skip(f"unavailable: {backend.unavailable}")
    holds(backend, case)


@given(st.integers(0, 2**31), st.sampled_from(["token", "block"]), st.sampled_from(["drawn", "given"]))
def test_the_cells_fill_the_cube_of_uniforms(seed: int, rule: str, drafts: str) -> None:
    model = Model(small(rule, drafts, seed=seed))
    volumes: dict[tuple[int, ...], float] = {}
    for cell in cells(model, rule, drafts == "given"):
        assert cell.volume > 0
        volumes[cell.drafts] = volumes.get(cell.drafts, 0.0) + cell.volume
    assert volumes.keys() == {drafts for drafts, _ in model.drafts()}
    np.testing.assert_allclose(list(volumes.values()), 1.0, rtol=1e-12)
    assert sum(chance for _, chance in model.drafts()) == pytest.approx(1.0, rel=1e-12)


@given(st.integers(0, 2**31))
def test_the_target_is_a_law(seed: int) -> None:
    model = Model(small(seed=seed))
    law = model.joint({(): 1.0})
    assert sum(law.values()) == pytest.approx(1.0, rel=1e-12)
    assert all(len(text) == model.K + 1 for text in law)


@given(st.integers(0, 2**31), st.sampled_from([(2, 2), (3, 2), (2, 3)]))
def test_the_block_rule_accepts_no_less(seed: int, size: tuple[int, int]) -> None:
    model = Model(small(V=size[0], K=size[1], seed=seed))
    assert mean_accepted(model, "block", given=False) >= mean_accepted(model, "token", given=False) - 1e-12


def test_the_published_example() -> None:
    # Sun et al. 2025, section 3: p = (1/3, 2/3), q = (2/3, 1/3), two drafts: 10/9 and 11/9.
    model = Model(small(V=2))
    for prefix in model.p:
        model.p[prefix] = np.array([1 / 3, 2 / 3])
    for prefix in model.q:
        model.q[prefix] = np.array([2 / 3, 1 / 3])
    assert mean_accepted(model, "token", given=False) == pytest.approx(10 / 9)
    assert mean_accepted(model, "block", given=False) == pytest.approx(11 / 9)


def _same_uniform_twice(draft_tokens: Any, lengths: Any, q: Any, p: Any, accept: Any, final: Any) -> Any:
    return reference.verify_chain(draft_tokens, lengths, q, p, accept, accept[:, 0])


def _another_draft_law(draft_tokens: Any, lengths: Any, q: Any, p: Any, accept: Any, final: Any) -> Any:
    return reference.verify_chain(draft_tokens, lengths, np.sqrt(q), p, accept, final)


def _neighbours_uniforms(draft_tokens: Any, lengths: Any, q: Any, p: Any, accept: Any, final: Any) -> Any:
    return reference.verify_chain(draft_tokens, lengths, q, p, np.roll(accept, 1, 0), final)


@pytest.mark.parametrize("wrong", [_same_uniform_twice, _another_draft_law, _neighbours_uniforms])
def test_a_broken_coupling_breaks_the_law(wrong: Callable[..., Any]) -> None:
    def without_rule(*arguments: Any, rule: str) -> Any:
        return wrong(*arguments)

    def named(rule: str, **arguments: Any) -> Any:
        return without_rule(*arguments.values(), rule=rule)

    subject = Subject(CHAIN, named, "numpy")
    verdict = EXACT_LAW.check(CHAIN, subject, small())
    assert not verdict.passed
    assert verdict.measures["law_tv"] > 1e-3
