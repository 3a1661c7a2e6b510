"""Inputs of the chain verification operations."""

import numpy as np

from draftproof.properties.cases.traces.recorded import load as recorded_trace
from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import Arrays
from draftproof.properties.inputs.dyadic import dyadic_pair, given_row
from draftproof.properties.inputs.rows import distribution, drawn, plant, seams, uniform
from draftproof.properties.inputs.sampling import final_uniform, repeats
from draftproof.properties.judges.equality import required
from draftproof.properties.judges.rounding import SMALLEST_NORMAL
from draftproof.reference.speculative.verify_chain import Chain, one_hot, usable_drafts

HOSTILE_IDS = (-1, -(2**31), 2**31 - 1)
HOSTILE_LENGTHS = (-1, -(2**31), 2**31 - 1)

CHAIN_FLAGS = (
    "draft_not_finite",
    "edge_uniforms",
    "equal_requests",
    "equal_rows",
    "hostile_ids",
    "hostile_lengths",
    "impossible_draft",
    "inf",
    "nan",
    "negative",
    "one_hot",
    "rare_drafts",
    "seam_draws",
    "subnormal",
    "ties",
    "unnormalised",
    "zero_row",
)
GREEDY_FLAGS = ("equal_requests", "hostile_ids", "hostile_lengths", "large_ids")

NEIGHBOURS = (1, 2**16, 2**24)
"""What a draft's id may differ by from the target's: lost in float32, int16 or in the lower three bytes."""


SHORT = 8
"""Drafts of a chain that is often accepted as a whole without help."""

AGREEABLE = 2.0**-10
"""What accept uniforms are multiplied by where nearly every draft is to be accepted."""


def chain(case: Case) -> Arrays:
    """Return the arguments of ``verify_chain``.

    Options: rows (what the distributions look like, or ``trace-NAME`` for recorded model output),
    drafts ("drawn" from q, or "given": one-hot, draft_probs is None), lengths ("full", "ragged",
    "none"), uniforms (their dtype).
    """
    B, K, V = case.shape["B"], case.shape["K"], case.shape["V"]
    p = np.empty((B, K + 1, V), np.float32)
    q = np.empty((B, K, V), np.float32)
    tokens = np.zeros((B, K), np.int32)
    arrays: Arrays = {
        "draft_tokens": tokens,
        "draft_lengths": np.empty(B, np.int32),
        "draft_probs": q,
        "target_probs": p,
        "accept_uniforms": np.empty((B, K), case.options["uniforms"]),
        "sample_uniforms": np.empty(B, case.options["uniforms"]),
    }
    recorded = case.options["rows"].startswith("trace-")
    for b in range(B):
        rng = np.random.default_rng([case.seed, b])
        if recorded:
            _fill_recorded(case, b, arrays)
        else:
            _fill_rows(case, rng, p[b], q[b], tokens[b])
            required(arrays, "draft_lengths")[b] = _length(case, rng, K)
        if repeats(case, rng, b):
            p[b], q[b], tokens[b] = p[0], q[0], tokens[0]
        _fill_uniforms(case, rng, arrays, b)
    if case.options["lengths"] == "none":
        arrays["draft_lengths"] = None
    if case.options["drafts"] == "given":
        arrays["draft_probs"] = None
    return arrays


def _fill_rows(
    case: Case, rng: np.random.Generator, p: np.ndarray, q: np.ndarray, tokens: np.ndarray
) -> None:
    """Fill one request's p [K+1, V], q [K, V] and drafts [K]."""
    kind, vocabulary, given = case.options["rows"], p.shape[1], case.options["drafts"] == "given"
    end = _end(case, rng, len(q))
    flags = case.flags if end is None else case.flags - {"zero_row"}
    for i in range(len(p)):
        p[i] = distribution(rng, vocabulary, kind)
        if i == len(q):
            plant(rng, p[i], flags)
            break
        tying = None
        if kind == "dyadic" and given:
            p[i], tying = given_row(rng, vocabulary)
        elif kind == "dyadic":
            p[i], q[i], tying = dyadic_pair(rng, vocabulary)
        else:
            # A drafter resembles its target: half of its mass is the target's.
            q[i] = 0.5 * p[i] + 0.5 * distribution(rng, vocabulary, kind)
        if "equal_rows" in case.flags and rng.random() < 0.5:
            q[i] = p[i]
        plant(rng, q[i], case.flags)
        plant(rng, p[i], flags)
        tokens[i] = _draft(case, rng, p[i], q[i], tying)
    if end is not None:
        p[end] = 0.0


def _end(case: Case, rng: np.random.Generator, width: int) -> int | None:
    """After how many drafts, 1 to ``width``, everything is masked, as it is behind an end of sequence.

    None where no row is, or each of them may be: then seldom one that drafts lead to.
    """
    if "zero_row" not in case.flags or not width or rng.random() < 0.5:
        return None
    return 1 + int(rng.integers(1 + rng.integers(width)))


def _fill_recorded(case: Case, b: int, arrays: Arrays) -> None:
    """Put one request of a trace into the arguments."""
    trace = recorded_trace(case.options["rows"].removeprefix("trace-"))
    requests, width, vocabulary = trace.draft_probs.shape
    if (case.shape["K"], case.shape["V"]) != (width, vocabulary):
        raise ValueError(f"case {case}: the trace has K={width}, V={vocabulary}")
    for name in ("target_probs", "draft_probs", "draft_tokens", "draft_lengths"):
        required(arrays, name)[b] = getattr(trace, name)[(case.seed + b) % requests]


def _fill_uniforms(case: Case, rng: np.random.Generator, arrays: Arrays, b: int) -> None:
    """Fill one request's uniforms; where its rows allow it, often ones at which a test is a tie."""
    p, lengths = required(arrays, "target_probs")[b], required(arrays, "draft_lengths")
    drafts, _ = usable_drafts(required(arrays, "draft_tokens")[b], int(lengths[b]), p.shape[-1])
    given = case.options["drafts"] == "given"
    q = one_hot(drafts, p.shape[-1]) if given else required(arrays, "draft_probs")[b]
    request = Chain(drafts, q, p)
    accept, final = required(arrays, "accept_uniforms")[b], required(arrays, "sample_uniforms")
    # u = 0 is what tempts a verifier to accept an impossible draft.
    edges = bool(case.flags & {"edge_uniforms", "impossible_draft"})
    tying = case.options["rows"] == "dyadic" or "ties" in case.flags
    # Else no long chain would ever be accepted as a whole, or as far as the seam that decides it.
    agreeable = rng.random() < 0.25
    deciding = int(rng.choice(seams(len(accept)))) if len(accept) else -1
    if b == case.shape["B"] - 1 and len(accept) > SHORT:  # the end of both axes
        agreeable, deciding = True, len(accept) - 1
    for i in range(len(accept)):
        accept[i] = uniform(rng, case.options["uniforms"], edges)
        if agreeable and i != deciding:
            accept[i] *= AGREEABLE
        if tying and i < len(drafts) and rng.random() < 0.5:
            asked, offered = float(request.p(i, drafts[i])), float(request.q(i, drafts[i]))
            if SMALLEST_NORMAL <= asked < offered and float(np.float32(asked / offered)) * offered == asked:
                accept[i] = asked / offered
    by_block = case.options["rule"] == "block"
    weights = (request.accepted_by_block if by_block else request.accepted_by_token)(accept)[1]
    final[b] = final_uniform(case, rng, weights)


def _draft(case: Case, rng: np.random.Generator, p: np.ndarray, q: np.ndarray, tying: int | None) -> int:
    """Return one drafted id; ``tying`` is one whose test can be put at a tie."""
    if "hostile_ids" in case.flags and rng.random() < 0.5:
        return int(rng.choice([*HOSTILE_IDS, len(p)]))
    given = case.options["drafts"] == "given"
    if tying is not None and rng.random() < 0.7:
        x = tying
    elif given:
        x = drawn(rng, p) if rng.random() < 0.7 else int(rng.integers(len(p)))
    else:
        x = drawn(rng, q)
    if "impossible_draft" in case.flags and rng.random() < 0.5:
        x = int(rng.integers(len(p)))
        p[x] = 0.0
    if "ties" in case.flags and not given:
        # At u = 1/2; lowered, both rows still sum to at most 1.
        p[x], q[x] = min(p[x], q[x] / 2), min(float(q[x]), 2.0 * float(p[x]))
    if "rare_drafts" in case.flags and rng.random() < 0.5:
        factor = np.float32(10.0 ** -rng.uniform(4, 36))
        p[x], q[x] = p[x] * factor, q[x] * factor
    if "draft_not_finite" in case.flags and rng.random() < 0.5:
        row = p if given or rng.random() < 0.2 else q
        row[x] = rng.choice([np.nan, np.inf, -np.inf])
    return x


def _length(case: Case, rng: np.random.Generator, width: int) -> int:
    if "hostile_lengths" in case.flags and rng.random() < 0.5:
        return int(rng.choice([*HOSTILE_LENGTHS, width + 1]))
    if case.options["lengths"] != "ragged":
        return width
    # Nothing drafted in a batch of drafts is a case of its own.
    return 0 if rng.random() < 0.25 else int(rng.integers(width + 1))


def greedy(case: Case) -> Arrays:
    """Return the arguments of ``verify_chain_greedy``; drafts agree with the target for a while."""
    B, K = case.shape["B"], case.shape["K"]
    tokens = np.empty((B, K), np.int32)
    target = np.empty((B, K + 1), np.int32)
    lengths = np.empty(B, np.int32)
    for b in range(B):
        rng = np.random.default_rng([case.seed, b])
        vocabulary = (2, 151_936)[rng.integers(2)]
        target[b] = rng.integers(0, vocabulary, K + 1)
        agreeing = rng.random(K) < (0.8, 0.98, 1.0)[rng.integers(3)]
        tokens[b] = np.where(agreeing, target[b, :K], rng.integers(0, vocabulary, K))
        if "large_ids" in case.flags and rng.random() < 0.5:
            target[b] = rng.integers(2**24, 2**31 - 2**25, K + 1)
            tokens[b] = target[b, :K] + np.where(agreeing, 0, rng.choice(NEIGHBOURS, K))
        if "hostile_ids" in case.flags:
            tokens[b, rng.random(K) < 0.2] = rng.choice(HOSTILE_IDS)
            target[b, rng.random(K + 1) < 0.2] = rng.choice(HOSTILE_IDS)
        if repeats(case, rng, b):
            tokens[b], target[b] = tokens[0], target[0]
        lengths[b] = _length(case, rng, K)
    return {
        "draft_tokens": tokens,
        "draft_lengths": None if case.options["lengths"] == "none" else lengths,
        "target_tokens": target,
    }
