"""What follows from the rules without an oracle: equal calls written in two ways give the same bits."""

import os
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from draftproof.properties.backend import Backend
from draftproof.properties.contracts import FUNCTIONS
from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import Arrays
from draftproof.properties.judges.equality import required
from draftproof.properties.strategies import cases
from draftproof.reference.speculative.verify_chain import one_hot

CHAIN, GREEDY = FUNCTIONS["verify_chain"], FUNCTIONS["verify_chain_greedy"]
BACKENDS = [
    pytest.param("draftproof.reference", "numpy", id="reference"),
    pytest.param("draftproof.optimized.eager", "cpu", id="eager"),
    pytest.param("draftproof.optimized.triton", "interpreter", id="triton", marks=pytest.mark.interpret),
    *(
        pytest.param(f"draftproof.optimized.{name}", "cuda", id=f"{name}-cuda", marks=pytest.mark.gpu)
        for name in ("eager", "triton", "cupy", "cuda")
    ),
]
# Two launches per example, a tenth of a second each under an interpreter.
few = settings(max_examples=8 if os.environ.get("TRITON_INTERPRET") == "1" else 20)
chains = cases("verify_chain", device="interpreter")


def call(backend: Backend, inputs: Arrays, **keywords: Any) -> dict[str, np.ndarray]:
    """Verify the chains of ``inputs``; shapes are theirs."""
    operation = "verify_chain_greedy" if "target_tokens" in inputs else "verify_chain"
    if backend.unavailable:
        pytest.skip(f"unavailable: {backend.unavailable}")
    subject = backend.function(operation)
    requests, width = required(inputs, "draft_tokens").shape
    outputs = subject(inputs, keywords, {"B": requests, "K": width, "V": 0})
    return {name: required(outputs, name) for name in outputs}


def same(first: dict[str, np.ndarray], second: dict[str, np.ndarray]) -> None:
    for name in first:
        np.testing.assert_array_equal(first[name], second[name], err_msg=name)


@pytest.mark.parametrize(("module", "device"), BACKENDS)
@few
@given(case=chains, extra=st.integers(1, 3))
def test_more_room_for_drafts_changes_nothing(module: str, device: str, case: Case, extra: int) -> None:
    inputs, width = CHAIN.fill(case), case.shape["K"]
    batch = case.shape["B"]
    # A request that says None has K drafts: the wider call needs to be told.
    lengths = inputs["draft_lengths"]
    given_lengths = np.full(batch, width, np.int32) if lengths is None else lengths
    if "hostile_lengths" in case.flags:
        given_lengths = np.clip(given_lengths, 0, width)
    wide: Arrays = {"draft_lengths": given_lengths, "sample_uniforms": inputs["sample_uniforms"]}
    fillers = {"draft_tokens": 0, "draft_probs": 1.0, "target_probs": np.nan, "accept_uniforms": 0.0}
    for name, filler in fillers.items():
        array = inputs[name]
        pad = [(0, 0), (0, extra), (0, 0)][: array.ndim] if array is not None else []
        wide[name] = None if array is None else np.pad(array, pad, constant_values=filler)
    ordered = {argument.name: wide[argument.name] for argument in CHAIN.arguments}
    backend = Backend.load(module, device)
    rule = case.options["rule"]
    narrow = call(backend, {**inputs, "draft_lengths": given_lengths}, rule=rule)
    widened = call(backend, ordered, rule=rule)
    assert (widened["tokens"][:, width + 1 :] == -1).all()
    same(narrow, {**widened, "tokens": widened["tokens"][:, : width + 1]})


@pytest.mark.parametrize(("module", "device"), BACKENDS)
@few
@given(case=chains.filter(lambda case: case.shape["K"] > 0 and case.shape["B"] > 0), data=st.data())
def test_a_row_without_mass_ends_the_chain(module: str, device: str, case: Case, data: st.DataObject) -> None:
    inputs, width, batch = CHAIN.fill(case), case.shape["K"], case.shape["B"]
    ends = np.array(data.draw(st.lists(st.integers(0, width), min_size=batch, max_size=batch)), np.int32)
    required(inputs, "target_probs")[np.arange(batch), ends] = 0.0
    lengths = inputs["draft_lengths"]
    known = np.full(batch, width) if lengths is None else lengths.clip(0, width)
    backend, rule = Backend.load(module, device), case.options["rule"]
    whole = call(backend, inputs, rule=rule)
    cut = call(backend, {**inputs, "draft_lengths": np.minimum(known, ends).astype(np.int32)}, rule=rule)
    for name in ("tokens", "accepted"):
        np.testing.assert_array_equal(whole[name], cut[name], err_msg=name)


@pytest.mark.parametrize(("module", "device"), BACKENDS)
def test_a_residual_beyond_float32_is_a_residual(module: str, device: str) -> None:
    p, q = np.zeros((3, 2, 1500), np.float32), np.full((3, 1, 1500), 1e-3, np.float32)
    p[0, :, :4], p[1], p[2, :, 3:5] = [3.4e38, 3.4e38, 0, 1], 3.4e38, 3.4e38
    q[2, 0, 4] = 3.4e38
    backend, drafts = Backend.load(module, device), np.full((3, 1), 2, np.int32)
    inputs: Arrays = {"draft_tokens": drafts, "draft_lengths": None, "draft_probs": q, "target_probs": p}
    inputs |= {"accept_uniforms": np.full((3, 1), 0.999), "sample_uniforms": np.full(3, 0.4)}
    tokens = call(backend, inputs, rule="token")["tokens"]
    assert tokens.tolist() == [[0, -1], [2, 600], [3, -1]]


@pytest.mark.parametrize(("module", "device"), BACKENDS)
@few
@given(case=chains.filter(lambda case: case.options["drafts"] == "given" and "hostile_ids" not in case.flags))
def test_given_drafts_are_one_hot_drafts(module: str, device: str, case: Case) -> None:
    inputs = CHAIN.fill(case)
    drafts, vocabulary = required(inputs, "draft_tokens"), case.shape["V"]
    rows = one_hot(drafts.ravel(), vocabulary).reshape(*drafts.shape, vocabulary).astype(np.float32)
    backend, rule = Backend.load(module, device), case.options["rule"]
    same(call(backend, inputs, rule=rule), call(backend, {**inputs, "draft_probs": rows}, rule=rule))


@pytest.mark.parametrize(("module", "device"), BACKENDS)
@few
@given(case=chains.map(lambda case: case.reshaped(K=1)))
def test_with_one_draft_both_rules_accept_alike(module: str, device: str, case: Case) -> None:
    inputs, backend = CHAIN.fill(case), Backend.load(module, device)
    uniforms, q = required(inputs, "accept_uniforms")[:, 0], inputs["draft_probs"]
    token, block = (call(backend, inputs, rule=rule) for rule in ("token", "block"))
    drafts = np.clip(required(inputs, "draft_tokens")[:, 0], 0, case.shape["V"] - 1)
    rows = np.arange(len(drafts))
    p_read = required(inputs, "target_probs")[rows, 0, drafts].astype(np.float64)
    q_read = np.ones(len(drafts)) if q is None else q[rows, 0, drafts].astype(np.float64)
    with np.errstate(all="ignore"):
        clear = ~(np.abs(uniforms * q_read / p_read - 1) < 1e-6)  # u q < p and u < p/q round differently
    np.testing.assert_array_equal(token["accepted"][clear], block["accepted"][clear])


@pytest.mark.parametrize(("module", "device"), BACKENDS)
@few
@given(case=cases("verify_chain_greedy", device="interpreter"), vocabulary=st.integers(1, 9))
def test_greedy_is_the_token_rule_on_one_hot_rows(
    module: str, device: str, case: Case, vocabulary: int
) -> None:
    inputs = GREEDY.fill(case)
    drafts = required(inputs, "draft_tokens") % vocabulary
    target = required(inputs, "target_tokens") % vocabulary
    requests, width = drafts.shape
    backend = Backend.load(module, device)
    greedy = call(backend, {**inputs, "draft_tokens": drafts, "target_tokens": target})
    rows = one_hot(target.ravel(), vocabulary).reshape(*target.shape, vocabulary).astype(np.float32)
    sampled = call(
        backend,
        {
            "draft_tokens": drafts,
            "draft_lengths": inputs["draft_lengths"],
            "draft_probs": None,
            "target_probs": rows,
            "accept_uniforms": np.full((requests, width), 0.5),
            "sample_uniforms": np.full(requests, 0.5),
        },
        rule="token",
    )
    same(greedy, sampled)
