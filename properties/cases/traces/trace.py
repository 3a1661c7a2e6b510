"""What one trace holds, and the law that its logits stand for."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from draftproof import reference


@dataclass(frozen=True)
class Trace:
    """N requests, K drafts each, over a vocabulary of V tokens."""

    name: str
    temperature: float
    draft_tokens: np.ndarray
    """int32 [N, K], each drawn from its row of ``draft_probs``, whatever the request's length."""
    draft_lengths: np.ndarray
    """int32 [N] in [0, K]: how many drafts the drafter handed over."""
    draft_logits: np.ndarray
    """float16 [N, K, V]."""
    target_logits: np.ndarray
    """float16 [N, K+1, V]."""

    @cached_property
    def draft_probs(self) -> np.ndarray:
        """The draft's law at ``temperature``: float32 [N, K, V]."""
        return probabilities(self.draft_logits, self.temperature)

    @cached_property
    def target_probs(self) -> np.ndarray:
        """The target's law at ``temperature``: float32 [N, K+1, V]."""
        return probabilities(self.target_logits, self.temperature)


def probabilities(logits: np.ndarray, temperature: float) -> np.ndarray:
    """Return softmax(logits / temperature), computed in float64: float32 [..., V] from [..., V]."""
    rows = logits.reshape(-1, logits.shape[-1]).astype(np.float64) / temperature
    return reference.softmax(rows).astype(np.float32).reshape(logits.shape)
