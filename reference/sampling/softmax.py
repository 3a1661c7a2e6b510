"""Probabilities from logits."""

import numpy as np


def softmax(logits: np.ndarray) -> np.ndarray:
    """Return exp(l - max l) / sum exp(l - max l) for each row.

    The maximum is subtracted first, so that nothing overflows (Milakov, Gimelshein 2018,
    arXiv 1805.02867, equation 2). A logit of -inf or NaN gives exactly 0. Logits of +inf share the
    mass equally, the limit of the rule. A row in which every logit is -inf or NaN gives zeros: it
    has no mass, and whoever draws from it says so.

    Parameters
    ----------
    logits
        float32, float16 or bfloat16 [B, V].

    Returns
    -------
    np.ndarray
        float64 [B, V]; a kernel returns float32.

    >>> softmax(np.array([[0.0, np.log(3.0)], [-np.inf, 2.0], [np.nan, -np.inf]])).round(12)
    array([[0.25, 0.75],
           [0.  , 1.  ],
           [0.  , 0.  ]])
    """
    logits = np.asarray(logits, dtype=np.float64)
    probs = np.zeros_like(logits)
    for b, row in enumerate(logits):
        row = np.where(np.isnan(row), -np.inf, row)
        highest = row.max(initial=-np.inf)
        if highest == -np.inf:
            continue
        weights = (row == np.inf).astype(np.float64) if highest == np.inf else np.exp(row - highest)
        probs[b] = weights / weights.sum()
    return probs
