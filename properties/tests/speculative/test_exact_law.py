"""The exact law of chain verification at every size up to V = 6, K = 3, and what must break it."""

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from draftproof import reference
from draftproof.properties.backend import Backend
from draftproof.properties.contracts import FUNCTIONS
from draftproof.properties.contracts.speculative.chain_cells import SIZES, Context, mean_accepted
from draftproof.properties.core.case import Case
from draftproof.properties.core.subject import FunctionSubject
from draftproof.properties.laws.speculative.exact_law import BOUNDS, EXACT_LAW, exact_cases, model_of
from draftproof.properties.mutants.base.chain import Request, Verifier
from draftproof.properties.mutants.verify_chain import empty_row_in_the_chain

CHAIN = FUNCTIONS["verify_chain"]
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
    model, case = Context(2, 3, seed), small(rule, drafts, seed=seed)
    volumes: dict[tuple[int, ...], float] = {}
    for cell in model_of(CHAIN).cells(case):
        assert cell.volume > 0
        volumes[cell.drafts] = volumes.get(cell.drafts, 0.0) + cell.volume
    assert volumes.keys() == {drafts for drafts, _ in model.drafts(2)}
    np.testing.assert_allclose(list(volumes.values()), 1.0, rtol=1e-12)
    assert sum(chance for _, chance in model.drafts(2)) == pytest.approx(1.0, rel=1e-12)


@given(st.integers(0, 2**31))
def test_the_target_is_a_law(seed: int) -> None:
    model = Context(2, 3, seed)
    law = model.joint({(): 1.0})
    assert sum(law.values()) == pytest.approx(1.0, rel=1e-12)
    assert all(len(text) == model.K + 1 for text in law)


@given(st.integers(0, 2**31), st.sampled_from([(2, 2), (3, 2), (2, 3)]))
def test_the_block_rule_accepts_no_less(seed: int, size: tuple[int, int]) -> None:
    model = Context(size[1], size[0], seed)
    assert (
        mean_accepted(model, "block", False, model.K) >= mean_accepted(model, "token", False, model.K) - 1e-12
    )


def test_the_published_example() -> None:
    # Sun et al. 2025, section 3: p = (1/3, 2/3), q = (2/3, 1/3), two drafts: 10/9 and 11/9.
    model = Context(2, 2, 0)
    for prefix in model.p:
        model.p[prefix] = np.array([1 / 3, 2 / 3])
    for prefix in model.q:
        model.q[prefix] = np.array([2 / 3, 1 / 3])
    assert mean_accepted(model, "token", False, model.K) == pytest.approx(10 / 9)
    assert mean_accepted(model, "block", False, model.K) == pytest.approx(11 / 9)


@pytest.mark.parametrize("rule", ["token", "block"])
def test_texts_that_end_inside_the_chain_keep_the_law(rule: Literal["token", "block"]) -> None:
    # Token 0 ends the text: read as an ordinary row, what follows it gave the first token (0, .3, .7).
    p, q, law = np.array([0.3, 0.3, 0.4]), np.array([0.5, 0.3, 0.2]), np.zeros(3)
    middles = (np.arange(120) + 0.5) / 120
    accept, final = (grid.ravel() for grid in np.meshgrid(middles, middles))
    count = len(accept)
    for x in range(3):  # then 2, which is accepted where it can be
        rows = np.stack([p, p * (x > 0), p])
        verified = reference.verify_chain(
            np.full((count, 2), [x, 2], np.int32),
            None,
            np.tile(q, (count, 2, 1)),
            np.tile(rows, (count, 1, 1)),
            np.stack([accept, accept], 1),
            final,
            rule=rule,
        )
        law += q[x] * np.bincount(verified.tokens[:, 0], minlength=3) / count
    np.testing.assert_allclose(law, p, atol=1e-12)


@pytest.mark.parametrize("seed", range(8))
def test_rows_without_mass_show_in_every_budget(seed: int) -> None:
    subject = FunctionSubject(CHAIN, empty_row_in_the_chain.verify_chain, "numpy")
    for device, budget in (("interpreter", "small"), ("cpu", "small"), ("cpu", "standard")):
        ending = [case for case in exact_cases(CHAIN, device, budget, seed) if case.flags]
        assert {case.options["rule"] for case in ending} == {"token", "block"}
        assert any(not EXACT_LAW.check(CHAIN, subject, case).passed for case in ending)


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

    subject = FunctionSubject(CHAIN, named, "numpy")
    verdict = EXACT_LAW.check(CHAIN, subject, small())
    assert not verdict.passed
    assert verdict.measures["law_tv"] > 1e-3


class _LastOfTheWidth(Verifier):
    """The block rule's h is P at position K, not at the request's own last draft."""

    def passes(self, request: Request, i: int, rates: list[float]) -> float:
        own, last = i == len(request.drafts), i == len(request.accept)
        if own and not last:
            excess = float(np.maximum(rates[i] * request.p_row(i) - self.behind(request, i), 0.0).sum())
            return excess / (excess + 1.0 - rates[i]) if excess + 1.0 - rates[i] else 1.0
        return super().passes(request, i, rates)

    def behind(self, request: Request, i: int) -> np.ndarray:
        return request.q_row(i) if i < len(request.q) else np.zeros_like(request.p_row(i))


class _LengthIgnored(Verifier):
    def usable(self, drafts: np.ndarray, length: int, vocabulary: int) -> Any:
        return super().usable(drafts, len(drafts), vocabulary)


class _NothingDraftedDrawsFirst(Verifier):
    def coin(self, request: Request, count: int) -> float:
        return request.final if len(request.accept) else 0.0


@pytest.mark.parametrize(
    ("wrong", "seen"),
    [
        (_LastOfTheWidth(), "lengths=ragged,rule=block"),
        (_LengthIgnored(), "lengths=ragged"),
        (_NothingDraftedDrawsFirst(), "K=0"),
    ],
)
def test_lengths_of_a_request_are_its_own(wrong: Verifier, seen: str) -> None:
    # With as many drafts as there is room for, as every case once had them, none of these is seen; a text
    # that ends inside its chain has fewer as well.
    subject = FunctionSubject(CHAIN, wrong, "numpy")
    cases = exact_cases(CHAIN, "numpy", "small", 0)
    rejected = [case for case in cases if not EXACT_LAW.check(CHAIN, subject, case).passed]
    assert rejected
    assert any(seen in str(case) for case in rejected)
    assert all(seen in str(case) or case.flags for case in rejected)
    assert {case.shape["V"] for case in rejected} >= {6} or seen == "K=0"
