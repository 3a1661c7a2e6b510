"""Inputs of the sampling operations."""

import numpy as np

from draftproof.properties.cases.traces.recorded import load as recorded_trace
from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import Arrays
from draftproof.properties.inputs.rows import distribution, plant, seams, uniform

SAMPLE_FLAGS = (
    "edge_uniforms",
    "inf",
    "nan",
    "negative",
    "one_hot",
    "subnormal",
    "unnormalised",
    "zero_row",
)
SOFTMAX_FLAGS = ("all_masked", "equal_rows", "large", "masked", "minus_inf", "nan", "plus_inf")


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
        uniforms[b] = uniform(rng, precision, "edge_uniforms" in case.flags)
    return {"probs": probs, "uniforms": uniforms}


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
        _plant_logits(rng, logits[b], case.flags)
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


def _plant_logits(rng: np.random.Generator, row: np.ndarray, flags: frozenset[str]) -> None:
    places = rng.permutation(seams(len(row)))[: 1 + len(row) // 8]
    for flag in sorted(flags):
        if rng.random() < 0.5:
            continue
        if flag == "all_masked":
            row[:] = -np.inf
        elif flag == "equal_rows":
            row[:] = row[0]
        elif flag == "large":
            row *= np.float32(100.0)
        elif flag == "masked":
            row[rng.random(len(row)) < 0.9] = -np.inf
        else:
            row[places] = {"minus_inf": -np.inf, "nan": np.nan, "plus_inf": np.inf}[flag]


def uniforms(case: Case) -> Arrays:
    """Return the arguments of ``uniforms``."""
    B = case.shape["B"]
    seeds = np.empty(B, np.int64)
    offsets = np.empty(B, np.int64)
    for b in range(B):
        rng = np.random.default_rng([case.seed, b])
        seeds[b] = rng.integers(-(2**63), 2**63)
        offsets[b] = rng.integers(0, 2**20)
        if "wrapping_offsets" in case.flags:
            offsets[b] = rng.choice([-1, -3, 2**32 - 2, 2**34 - 1, 2**63 - 1, -(2**63)])
    return {"seeds": seeds, "offsets": offsets}
