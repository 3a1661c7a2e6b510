"""What a draw by inverse CDF owes without an oracle: order, scale, support, and streams that continue."""

import os
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from draftproof.properties.backend import Backend
from draftproof.properties.core.contract import Arrays
from draftproof.properties.judges.equality import required
from draftproof.properties.strategies import distributions, uniforms, vocabularies
from draftproof.reference.sampling.uniforms import philox4x32

BACKENDS = [
    pytest.param("draftproof.reference", "numpy", id="reference"),
    pytest.param("draftproof.optimized.eager", "cpu", id="eager"),
    pytest.param("draftproof.optimized.triton", "interpreter", id="triton", marks=pytest.mark.interpret),
    *(
        pytest.param(f"draftproof.optimized.{name}", "cuda", id=f"{name}-cuda", marks=pytest.mark.gpu)
        for name in ("eager", "triton", "cupy", "cuda")
    ),
]
few = settings(max_examples=8 if os.environ.get("TRITON_INTERPRET") == "1" else 20)
rows = vocabularies(largest=257).flatmap(distributions)
INT64 = st.integers(-(2**63), 2**63 - 1)


def outputs(module: str, device: str, operation: str, inputs: Arrays, **sizes: Any) -> Arrays:
    """Call an operation of a backend, or skip if it cannot run."""
    backend = Backend.load(module, device)
    if backend.unavailable:
        pytest.skip(f"unavailable: {backend.unavailable}")
    subject = backend.function(operation)
    shape = {"B": len(required(inputs, next(iter(inputs)))), "V": 0, **sizes}
    return subject(inputs, sizes, shape)


def drawn(module: str, device: str, probs: np.ndarray, coins: np.ndarray) -> np.ndarray:
    return required(outputs(module, device, "sample", {"probs": probs, "uniforms": coins}), "tokens")


@pytest.mark.parametrize(("module", "device"), BACKENDS)
@few
@given(row=rows, coins=st.lists(uniforms("float64"), min_size=2, max_size=6))
def test_a_larger_uniform_draws_no_smaller_token(
    module: str, device: str, row: np.ndarray, coins: list[float]
) -> None:
    tokens = drawn(module, device, np.tile(row, (len(coins), 1)), np.sort(np.array(coins)))
    assert (np.diff(tokens) >= 0).all()


@pytest.mark.parametrize(("module", "device"), BACKENDS)
@few
@given(row=rows, coin=uniforms("float64"))
def test_only_tokens_with_mass_are_drawn(module: str, device: str, row: np.ndarray, coin: float) -> None:
    (token,) = drawn(module, device, row[None], np.array([coin]))
    with np.errstate(invalid="ignore"):
        possible = np.isfinite(row) & (row > 0)
    assert possible[token] if possible.any() else token == -1


@pytest.mark.parametrize(("module", "device"), BACKENDS)
@few
@given(
    row=vocabularies(largest=257).flatmap(lambda V: distributions(V, hostile=False)), coin=uniforms("float64")
)
def test_a_power_of_two_times_the_row_draws_the_same(
    module: str, device: str, row: np.ndarray, coin: float
) -> None:
    scaled = np.stack([row, row * np.float32(2.0**20), row * np.float32(2.0**-20)])
    assert len(set(drawn(module, device, scaled, np.full(3, coin)).tolist())) == 1


@pytest.mark.parametrize(("module", "device"), BACKENDS)
def test_a_sum_beyond_float32_is_a_sum(module: str, device: str) -> None:
    rows = np.zeros((5, 1500), np.float32)
    rows[0, :4] = [3.4e38, 3.4e38, 0, 1]
    rows[1, [5, 1200]] = 3.4e38  # each tile's sum is finite
    rows[2] = 3.4e38
    rows[3, [3, 4, 1030]] = [3.4e38, 3.4e38, 1e-3]
    rows[4, [3, 1400]] = 0.5
    answers = [drawn(module, device, rows, np.full(5, coin)).tolist() for coin in (0.1, 0.4, 0.6, 0.999)]
    assert answers == [
        [0, 5, 150, 3, 3],
        [0, 5, 600, 3, 3],
        [1, 1200, 900, 4, 1400],
        [1, 1200, 1498, 4, 1400],
    ]


@pytest.mark.parametrize(("module", "device"), BACKENDS)
@few
@given(seed=INT64, offset=INT64, first=st.integers(0, 9), second=st.integers(0, 9))
def test_a_stream_continues_where_it_ended(
    module: str, device: str, seed: int, offset: int, first: int, second: int
) -> None:
    def stream(start: int, count: int) -> np.ndarray:
        wrapped = (start + 2**63) % 2**64 - 2**63
        inputs: Arrays = {"seeds": np.array([seed]), "offsets": np.array([wrapped])}
        return required(outputs(module, device, "uniforms", inputs, count=count), "uniforms")

    whole = stream(offset, first + second)
    parts = [stream(offset, first), stream(offset + first, second)]
    np.testing.assert_array_equal(whole, np.concatenate(parts, axis=1))
    assert ((whole >= 0) & (whole < 1)).all()


@pytest.mark.parametrize(
    ("counter", "key", "words"),
    [  # Random123's kat_vectors for philox4x32-10
        (0, 0, "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        (2**128 - 1, 2**64 - 1, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        (
            0x0370734413198A2E85A308D3243F6A88,
            0x299F31D0A4093822,
            "d16cfe09 94fdcceb 5001e420 24126ea1",
        ),
    ],
)
def test_the_published_answers_of_philox(counter: int, key: int, words: str) -> None:
    assert " ".join(f"{word:08x}" for word in philox4x32(counter, key)) == words
