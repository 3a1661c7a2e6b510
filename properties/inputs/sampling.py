"""Inputs of the sampling operations."""

import numpy as np

from draftproof.properties.cases.traces.recorded import load as recorded_trace
from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import Arrays
from draftproof.properties.inputs.dyadic import tie
from draftproof.properties.inputs.rows import aimed, distribution, plant, run, spots, uniform
from draftproof.reference.distribution import mass

SAMPLE_FLAGS = (
    "edge_uniforms",
    "equal_requests",
    "inf",
    "nan",
    "negative",
    "one_hot",
    "seam_draws",
    "subnormal",
    "unnormalised",
    "zero_row",
)
SOFTMAX_FLAGS = (
    "all_masked",
    "equal_requests",
    "far_below_zero",
    "large",
    "masked",
    "minus_inf",
    "nan",
    "plus_inf",
    "ties",
)
UNIFORMS_FLAGS = ("equal_seeds", "extreme_draws", "special_seeds", "wrapping_offsets")

SEEDS = (0, -1, 2**31 - 1, 2**31, 2**32, 2**63 - 1, -(2**63))
"""Seeds that are taken for none, or cut to a narrower integer."""

ENDS = ((9, 2_792_111), (12, 13_962_300), (0, 9_320_226), (8, 3_729_118))
"""Seeds and offsets with the smallest uniform, 0, twice, and with the largest, 1 - 2**-24, twice."""

CARRIES = (2**31, 2**32, 2**33, 2**34, 2**63, 2**64)
"""Numbers of elements at which an offset's word, or that of its block of four, is full."""

LOWEST = {"float32": -3.4028235e38, "float16": -65504.0, "bfloat16": -3.3895314e38}
"""The smallest finite logit of each dtype: what masks without infinities are made of."""


def probability_row(case: Case, rng: np.random.Generator, row: int) -> np.ndarray:
    """Return one row of probabilities: made, or recorded from a model (``rows=trace-NAME``)."""
    kind = case.options["rows"]
    if not kind.startswith("trace-"):
        return distribution(rng, case.shape["V"], kind)
    recorded = recorded_trace(kind.removeprefix("trace-")).target_probs
    flat = recorded.reshape(-1, recorded.shape[-1])
    if case.shape["V"] != flat.shape[1]:
        raise ValueError(f"case {case}: the trace has V={flat.shape[1]}")
    recorded_row: np.ndarray = flat[(case.seed + row) % len(flat)].copy()
    return recorded_row


def sample(case: Case) -> Arrays:
    """Return the arguments of ``sample``."""
    B, V = case.shape["B"], case.shape["V"]
    precision = case.options["uniforms"]
    probs = np.empty((B, V), np.float32)
    uniforms = np.empty(B, precision)
    for b in range(B):
        rng = np.random.default_rng([case.seed, b])
        probs[b] = probability_row(case, rng, b)
        plant(rng, probs[b], case.flags)
        if repeats(case, rng, b):
            probs[b] = probs[0]
        uniforms[b] = final_uniform(case, rng, mass(probs[b]))
    return {"probs": probs, "uniforms": uniforms}


def repeats(case: Case, rng: np.random.Generator, b: int) -> bool:
    """Whether request b has the rows of the first one; its uniforms are its own."""
    return "equal_requests" in case.flags and b > 0 and rng.random() < 0.5


def final_uniform(case: Case, rng: np.random.Generator, weights: np.ndarray) -> float:
    """Return the uniform that draws from ``weights`` [V]: any, at an edge, at a seam, or a tie."""
    precision = case.options["uniforms"]
    planted = None
    if case.options["rows"] == "dyadic" and rng.random() < 0.5:
        planted = tie(rng, weights)
    if "seam_draws" in case.flags and rng.random() < 0.5:
        planted = aimed(rng, weights, precision)
    return uniform(rng, precision, "edge_uniforms" in case.flags) if planted is None else planted


def softmax(case: Case) -> Arrays:
    """Return the argument of ``softmax``: logits that the case's dtype represents exactly."""
    B, V = case.shape["B"], case.shape["V"]
    logits = np.empty((B, V), np.float32)
    for b in range(B):
        rng = np.random.default_rng([case.seed, b])
        if case.options["rows"] == "normal":
            logits[b] = 4.0 * rng.standard_normal(V)
        else:
            with np.errstate(divide="ignore"):
                logits[b] = np.log(probability_row(case, rng, b))
        _plant_logits(rng, logits[b], case.flags, LOWEST[case.dtype])
        if repeats(case, rng, b):
            logits[b] = logits[0]
    return {"logits": rounded(logits, case.dtype)}


def rounded(values: np.ndarray, dtype: str) -> np.ndarray:
    """Round float32 values to float16 or bfloat16 (nearest even), still stored as float32."""
    if dtype == "float16":
        with np.errstate(over="ignore"):
            return values.astype(np.float16).astype(np.float32)
    if dtype == "bfloat16":
        bits = values.view(np.uint32).astype(np.uint64)
        nearest = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16 << 16
        kept = np.where(np.isnan(values), 0x7FC00000, nearest)
        return kept.astype(np.uint32).view(np.float32)
    return values


def _plant_logits(rng: np.random.Generator, row: np.ndarray, flags: frozenset[str], lowest: float) -> None:
    for flag in sorted(flags - {"equal_requests"}):
        if rng.random() < 0.5:
            continue
        if flag == "all_masked":
            row[:] = -np.inf
        elif flag == "ties":
            row[:] = row[0] if rng.random() < 0.5 else np.minimum(row, np.sort(row)[len(row) // 2])
        elif flag == "large":
            # To the largest finite number: then a difference overflows.
            utmost = -0.99 * lowest / max(np.abs(row[np.isfinite(row)]).max(initial=0.0), 1.0)
            row *= np.float32(utmost if rng.random() < 0.5 else min(utmost, 100.0))
        elif flag == "far_below_zero":
            # Below whatever a running maximum may start from.
            row -= np.float32(min(rng.choice([2e4, 2e9, 1e38]), -lowest / 2))
        elif flag == "masked":
            hidden = rng.random(len(row)) < 0.9 if rng.random() < 0.5 else run(rng, len(row))
            row[hidden] = rng.choice([-np.inf, lowest, -1e9, -1e4])
        else:
            places = spots(rng, len(row))
            row[places] = {"minus_inf": -np.inf, "nan": np.nan, "plus_inf": np.inf}[flag]


def uniforms(case: Case) -> Arrays:
    """Return the arguments of ``uniforms``; half of the offsets are small, as those of short texts are."""
    B, count = case.shape["B"], case.shape["count"]
    seeds = np.empty(B, np.int64)
    offsets = np.empty(B, np.int64)
    for b in range(B):
        rng = np.random.default_rng([case.seed, b])
        seeds[b] = rng.integers(-(2**63), 2**63)
        offsets[b] = rng.integers(8) if rng.random() < 0.5 else rng.integers(2**20)
        if "special_seeds" in case.flags and rng.random() < 0.5:
            seeds[b] = rng.choice(np.array(SEEDS))
        if "extreme_draws" in case.flags and rng.random() < 0.5:
            seeds[b], offsets[b] = ENDS[rng.integers(len(ENDS))]
            offsets[b] -= rng.integers(max(count, 1))
        if "wrapping_offsets" in case.flags and rng.random() < 0.5:
            before = int(rng.choice(np.array(CARRIES, object))) - int(rng.integers(1, max(count, 2)))
            offsets[b] = (before + 2**63) % 2**64 - 2**63
        if "equal_seeds" in case.flags and b > 0 and rng.random() < 0.5:
            seeds[b] = seeds[0]
            if rng.random() < 0.5:
                offsets[b] = offsets[0]
    return {"seeds": seeds, "offsets": offsets}
