"""Softmax in one pass over blocks of columns, in base 2 and float32."""

import numpy as np

CONFORMANCE = {"arrays": "numpy"}
BLOCK = 2048
LOG2_E = np.float32(1.4426950408889634)


def softmax(logits: np.ndarray) -> np.ndarray:
    """Return the softmax of each row: float32 [B, V]."""
    rows = np.where(np.isnan(logits), -np.inf, logits).astype(np.float32)
    infinite = np.isposinf(rows).any(-1, keepdims=True)
    rows = np.where(infinite, np.where(np.isposinf(rows), 0.0, -np.inf), rows).astype(np.float32)
    rows = np.ascontiguousarray(rows)  # NumPy adds in the order of the strides
    highest = np.full((len(rows), 1), -np.inf, np.float32)
    total = np.zeros((len(rows), 1), np.float32)
    for start in range(0, rows.shape[1], BLOCK):
        block = rows[:, start : start + BLOCK]
        risen = np.maximum(highest, block.max(-1, keepdims=True))
        total = total * _exp(highest, risen) + _exp(block, risen).sum(-1, keepdims=True, dtype=np.float32)
        highest = risen
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(total > 0, _exp(rows, highest) / total, np.float32(0.0))


def _exp(rows: np.ndarray, highest: np.ndarray) -> np.ndarray:
    """exp(rows - highest), 0 for -inf below anything: float32, shape as rows."""
    with np.errstate(invalid="ignore", over="ignore", under="ignore"):
        return np.where(np.isneginf(rows), np.float32(0.0), np.exp2((rows - highest) * LOG2_E))
