"""Traces from the logits of a published model, where its data lies beside the checkout.

``../shared/data/specdec/aidreams260K/pairs.npz`` holds the rows of a 233,024-parameter model with a
vocabulary of 512 over six texts of 120 positions (mc9625/ai-dreamer-esp32-s3_matrix, MIT), and at the same
positions the rows of five drafters: the model cut to fewer layers or bits, and a bigram table.
The rows follow the texts, not the drafts: request n's five consecutive target rows are real, and its
drafts are drawn here from the drafter's four rows with a fixed seed. The project carries none of it.
"""

from pathlib import Path

import numpy as np

from draftproof import reference
from draftproof.properties.cases.traces.trace import Trace, probabilities

PAIRS = Path(__file__).resolve().parents[4] / "shared" / "data" / "specdec" / "aidreams260K" / "pairs.npz"
DRAFTERS = {
    "aidreams-bigram": "draft_bigram",
    "aidreams-early-exit-2": "draft_early_exit_2of4",
    "aidreams-early-exit-3": "draft_early_exit_3of4",
    "aidreams-int3": "draft_int3_weights",
    "aidreams-int4": "draft_int4_weights",
}
DRAFTS = 4
TEMPERATURE = 1.0
SEED = 20260821


def names() -> list[str]:
    """Return the names of the traces whose data is present."""
    return list(DRAFTERS) if PAIRS.is_file() else []


def load(name: str) -> Trace:
    """Return the trace ``name``, all drafts handed over."""
    with np.load(PAIRS) as arrays:
        target, draft = _windows(arrays["target_logits"]), _windows(arrays[DRAFTERS[name]])[:, :DRAFTS]
    requests, _, vocabulary = draft.shape
    rows = probabilities(draft, TEMPERATURE).reshape(-1, vocabulary)
    drawn = reference.sample(rows, np.random.default_rng(SEED).random(len(rows))).tokens
    return Trace(
        name=name,
        temperature=TEMPERATURE,
        draft_tokens=drawn.reshape(requests, DRAFTS),
        draft_lengths=np.full(requests, DRAFTS, dtype=np.int32),
        draft_logits=draft,
        target_logits=target,
    )


def _windows(rows: np.ndarray) -> np.ndarray:
    """Cut the texts into requests of DRAFTS + 1 positions: [texts, positions, V] to [N, DRAFTS + 1, V]."""
    return rows.reshape(-1, DRAFTS + 1, rows.shape[-1])
