"""Inputs of the chain verification operations."""

import numpy as np

from draftproof.properties.cases.traces.recorded import load as recorded_trace
from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import Arrays
from draftproof.properties.inputs.rows import distribution, drawn, plant, uniform

HOSTILE_IDS = (-1, -(2**31), 2**31 - 1)
HOSTILE_LENGTHS = (-1, -(2**31), 2**31 - 1)

CHAIN_FLAGS = (
    "edge_uniforms",
    "equal_rows",
    "hostile_ids",
    "hostile_lengths",
    "impossible_draft",
    "inf",
    "nan",
    "negative",
    "one_hot",
    "subnormal",
    "unnormalised",
    "zero_row",
)


def chain(case: Case) -> Arrays:
    """Return the arguments of ``verify_chain``.

    Options: rows (what the distributions look like, or ``trace-NAME`` for recorded model output),
    drafts ("drawn" from q, or "given": one-hot, draft_probs is None), lengths ("full", "ragged",
    "none"), uniforms (their dtype).
    """
    B, K, V = case.shape["B"], case.shape["K"], case.shape["V"]
    precision = case.options["uniforms"]
    p = np.empty((B, K + 1, V), np.float32)
    q = np.empty((B, K, V), np.float32)
    tokens = np.empty((B, K), np.int32)
    lengths = np.empty(B, np.int32)
    accept = np.empty((B, K), precision)
    final = np.empty(B, precision)
    recorded = case.options["rows"].startswith("trace-")
    for b in range(B):
        rng = np.random.default_rng([case.seed, b])
        if not recorded:
            _fill_rows(case, rng, p[b], q[b])
        for i in range(K):
            tokens[b, i] = 0 if recorded else _draft(case, rng, p[b, i], q[b, i])
            # u = 0 is what tempts a verifier to accept an impossible draft.
            edges = bool(case.flags & {"edge_uniforms", "impossible_draft"})
            accept[b, i] = uniform(rng, precision, edges)
        final[b] = uniform(rng, precision, "edge_uniforms" in case.flags)
        lengths[b] = _length(case, rng, K)
    arrays: Arrays = {
        "draft_tokens": tokens,
        "draft_lengths": lengths,
        "draft_probs": q,
        "target_probs": p,
        "accept_uniforms": accept,
        "sample_uniforms": final,
    }
    if recorded:
        arrays = _recorded(case, arrays)
    if case.options["lengths"] == "none":
        arrays["draft_lengths"] = None
    if case.options["drafts"] == "given":
        arrays["draft_probs"] = None
    return arrays


def _fill_rows(case: Case, rng: np.random.Generator, p: np.ndarray, q: np.ndarray) -> None:
    """Fill one request's p [K+1, V] and q [K, V]."""
    kind, vocabulary = case.options["rows"], p.shape[1]
    for i in range(len(p)):
        p[i] = distribution(rng, vocabulary, kind)
        # A drafter resembles its target: half of its mass is the target's.
        if i < len(q):
            q[i] = 0.5 * p[i] + 0.5 * distribution(rng, vocabulary, kind)
            if "equal_rows" in case.flags and rng.random() < 0.5:
                q[i] = p[i]
            plant(rng, q[i], case.flags)
        plant(rng, p[i], case.flags)


def _recorded(case: Case, arrays: Arrays) -> Arrays:
    """Put a trace's drafts and rows into the arguments."""
    trace = recorded_trace(case.options["rows"].removeprefix("trace-"))
    requests, width, vocabulary = trace.draft_probs.shape
    if (case.shape["K"], case.shape["V"]) != (width, vocabulary):
        raise ValueError(f"case {case}: the trace has K={width}, V={vocabulary}")
    chosen = (case.seed + np.arange(case.shape["B"])) % requests
    arrays["target_probs"] = trace.target_probs[chosen]
    arrays["draft_probs"] = trace.draft_probs[chosen]
    arrays["draft_tokens"] = trace.draft_tokens[chosen]
    arrays["draft_lengths"] = trace.draft_lengths[chosen]
    return arrays


def _draft(case: Case, rng: np.random.Generator, p: np.ndarray, q: np.ndarray) -> int:
    if "hostile_ids" in case.flags and rng.random() < 0.5:
        return int(rng.choice([*HOSTILE_IDS, len(p)]))
    if "impossible_draft" in case.flags and rng.random() < 0.5:
        x = int(rng.integers(len(p)))
        p[x] = 0.0
        return x
    if case.options["drafts"] == "given":
        return drawn(rng, p) if rng.random() < 0.7 else int(rng.integers(len(p)))
    return drawn(rng, q)


def _length(case: Case, rng: np.random.Generator, width: int) -> int:
    if "hostile_lengths" in case.flags and rng.random() < 0.5:
        return int(rng.choice([*HOSTILE_LENGTHS, width + 1]))
    return int(rng.integers(width + 1)) if case.options["lengths"] == "ragged" else width


def greedy(case: Case) -> Arrays:
    """Return the arguments of ``verify_chain_greedy``; drafts agree with the target for a while."""
    B, K = case.shape["B"], case.shape["K"]
    tokens = np.empty((B, K), np.int32)
    target = np.empty((B, K + 1), np.int32)
    lengths = np.empty(B, np.int32)
    for b in range(B):
        rng = np.random.default_rng([case.seed, b])
        target[b] = rng.integers(0, 151_936, K + 1)
        tokens[b] = np.where(rng.random(K) < 0.8, target[b, :K], rng.integers(0, 151_936, K))
        if "hostile_ids" in case.flags:
            tokens[b, rng.random(K) < 0.2] = rng.choice(HOSTILE_IDS)
            target[b, rng.random(K + 1) < 0.2] = rng.choice(HOSTILE_IDS)
        lengths[b] = _length(case, rng, K)
    return {
        "draft_tokens": tokens,
        "draft_lengths": None if case.options["lengths"] == "none" else lengths,
        "target_tokens": target,
    }
