"""The judge of softmax: the oracle and an honest float32 twin pass, gross and subtle errors do not."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from draftproof import reference
from draftproof.properties.contracts import FUNCTIONS
from draftproof.properties.core.verdict import Verdict
from draftproof.properties.strategies import cases
from draftproof.properties.strategies import logits as logit_rows


def judged(logits: np.ndarray, probs: np.ndarray) -> Verdict:
    return FUNCTIONS["softmax"].judge({"logits": logits}, {}, {"probs": probs.astype(np.float32)})


@given(cases("softmax"))
def test_the_rounded_oracle_is_right(case) -> None:  # type: ignore[no-untyped-def]
    logits = FUNCTIONS["softmax"].fill(case)["logits"]
    assert logits is not None
    assert judged(logits, reference.softmax(logits)).passed


@given(st.sampled_from([1, 2, 33, 257, 1025]).flatmap(logit_rows))
def test_an_honest_float32_softmax_is_right(row: np.ndarray) -> None:
    with np.errstate(all="ignore"):
        finite = np.where(np.isnan(row), -np.inf, row)[None]
        highest = finite.max()
        if not np.isfinite(highest):
            return
        weights = np.exp(finite - highest, dtype=np.float32)
        probs = weights / weights.sum(dtype=np.float32)
    assert judged(row[None], probs).passed


WRONG: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "one key dropped": lambda p: np.where(np.arange(p.shape[-1]) == 1024, 0.0, p),
    "not normalised": lambda p: p * (1 + 1e-4),
    "above one": lambda p: np.where(p == p.max(), np.nextafter(np.float32(1), np.float32(2)), p),
    "half precision": lambda p: p.astype(np.float16),
    "NaN": lambda p: np.where(np.arange(p.shape[-1]) == 0, np.nan, p),
    "a masked token with mass": lambda p: np.where(p == 0, 1e-30, p),
    "a drift of every element within its bound": lambda p: p * (1 + 1e-6),
}


@pytest.mark.parametrize("mistake", WRONG)
def test_a_wrong_softmax_is_found(mistake: str) -> None:
    logits = np.random.default_rng(0).standard_normal((3, 1025)).astype(np.float32)
    logits[:, 7] = -np.inf
    right = reference.softmax(logits)
    assert judged(logits, right).passed
    assert not judged(logits, WRONG[mistake](right)).passed
