"""What the strategies draw: always valid, everything of interest reachable, and small when shrunk."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, assume, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument, NoSuchExample

from draftproof.properties.cases.sizes import INTERPRETED
from draftproof.properties.contracts import CONTRACTS, FUNCTIONS
from draftproof.properties.core.case import Case
from draftproof.properties.inputs.rows import LARGEST_BELOW_ONE, seams
from draftproof.properties.inputs.sampling import rounded
from draftproof.properties.strategies import (
    cases,
    distributions,
    draft_tokens,
    logits,
    ragged_lengths,
    uniforms,
    vocabularies,
)

OPERATIONS = sorted(CONTRACTS)
PHASES = (Phase.generate, Phase.shrink)
LOOK = settings(max_examples=20_000, database=None, derandomize=True, deadline=None, phases=PHASES)


def reached(strategy: st.SearchStrategy[Any], condition: Callable[[Any], bool]) -> Any:
    """Return the smallest value found that meets the condition."""
    return find(strategy, condition, settings=LOOK)


@given(st.data())
@pytest.mark.parametrize("device", ["cpu", "numpy", "cuda", "interpreter"])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_cases_are_within_the_contract(operation: str, device: str, data: st.DataObject) -> None:
    contract = CONTRACTS[operation]
    case = data.draw(cases(operation, device=device))
    assert Case.parse(str(case)) == case
    assert case.operation == operation
    assert case.shape.keys() == contract.sizes.keys()
    assert case.dtype in contract.dtypes
    assert case.options.keys() == contract.options.keys()
    assert all(value in contract.options[name] for name, value in case.options.items())
    assert case.flags <= set(contract.flags)
    assert not case.options.get("rows", "").startswith("trace-")
    assert all(size >= 0 for size in case.shape.values())
    assert case.shape.get("V", 1) >= 1
    if device == "interpreter":
        assert all(size <= INTERPRETED.get(axis, size) for axis, size in case.shape.items())


@given(st.data())
@pytest.mark.parametrize("operation", FUNCTIONS)
def test_cases_can_be_filled(operation: str, data: st.DataObject) -> None:
    case = data.draw(cases(operation, device="interpreter"))
    arrays = FUNCTIONS[operation].fill(case)
    assert arrays.keys() == {argument.name for argument in FUNCTIONS[operation].arguments}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_cases_shrink_to_what_is_small_and_harmless(operation: str) -> None:
    case = reached(cases(operation), lambda case: all(case.shape.values()))
    assert case.seed == 0
    assert not case.flags
    sizes = CONTRACTS[operation].sizes
    assert all(size == min(s for s in sizes[axis] if s > 0) for axis, size in case.shape.items())


@pytest.mark.parametrize("flag", FUNCTIONS["verify_chain"].flags)
def test_every_flag_is_reachable(flag: str) -> None:
    assert reached(cases("verify_chain"), lambda case: flag in case.flags).flags == {flag}


def test_sizes_of_interest_are_reachable() -> None:
    chains = cases("verify_chain")
    assert reached(chains, lambda case: case.shape["B"] == 0)
    assert reached(chains, lambda case: case.shape["V"] == 151_936).shape["B"] <= 2
    assert reached(chains, lambda case: case.shape["V"] > 256 and case.shape["K"] > 0).shape["V"] == 257
    assert reached(chains, lambda case: case.options["rule"] == "block" and "nan" in case.flags)


def test_variants_fix_options() -> None:
    fixed = cases("verify_chain", variants={"rule": "block"})
    with pytest.raises(NoSuchExample):
        find(fixed, lambda case: case.options["rule"] == "token", settings=settings(LOOK, max_examples=200))


@given(st.integers(1, 200_000), st.data())
def test_vocabularies_are_in_range(largest: int, data: st.DataObject) -> None:
    assert 1 <= data.draw(vocabularies(largest=largest)) <= largest


@pytest.mark.parametrize("size", [1, 2, 31, 32, 33, 1023, 1024, 1025, 3071, 4097, 32_000, 151_936])
def test_every_border_is_reachable(size: int) -> None:
    assert reached(vocabularies(), lambda drawn: drawn == size) == size


@given(st.sampled_from([1, 2, 33, 1025]), st.booleans(), st.data())
def test_distributions_are_rows(vocabulary: int, hostile: bool, data: st.DataObject) -> None:
    row = data.draw(distributions(vocabulary, hostile=hostile))
    assert row.shape == (vocabulary,)
    assert row.dtype == np.float32
    if not hostile:
        assert (row >= 0).all()
        np.testing.assert_allclose(row.sum(dtype=np.float64), 1.0, rtol=1e-5)


@pytest.mark.parametrize("place", seams(1025))
def test_a_hostile_value_reaches_every_seam(place: int) -> None:
    row = reached(distributions(1025), lambda row: np.isnan(row[place]))
    assert np.isnan(row).sum() == 1


@given(st.sampled_from(["float32", "float16", "bfloat16"]), st.sampled_from([1, 32, 257]), st.data())
def test_logits_are_representable(dtype: str, vocabulary: int, data: st.DataObject) -> None:
    row = data.draw(logits(vocabulary, dtype))
    assert row.shape == (vocabulary,)
    assert row.dtype == np.float32
    np.testing.assert_array_equal(rounded(row, dtype), row)


@pytest.mark.parametrize("special", [np.nan, np.inf, -np.inf])
def test_special_logits_are_reachable(special: float) -> None:
    row = reached(logits(33), lambda row: not np.isfinite(row[32]) and str(row[32]) == str(special))
    assert np.isfinite(row[:32]).all()


@given(st.sampled_from(["float32", "float64"]), st.data())
def test_uniforms_are_in_range_and_representable(dtype: str, data: st.DataObject) -> None:
    uniform = data.draw(uniforms(dtype))
    assert 0 <= uniform < 1
    assert float(np.dtype(dtype).type(uniform)) == uniform


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_edge_uniforms_are_reachable(dtype: str) -> None:
    assert reached(uniforms(dtype), lambda uniform: True) == 0
    assert reached(uniforms(dtype), lambda uniform: uniform == LARGEST_BELOW_ONE[dtype]) < 1


@given(st.integers(0, 9), st.integers(0, 5), st.booleans(), st.data())
def test_lengths_are_in_range(width: int, requests: int, hostile: bool, data: st.DataObject) -> None:
    lengths = data.draw(ragged_lengths(width, requests=requests, hostile=hostile))
    assert lengths.shape == (requests,)
    assert lengths.dtype == np.int32
    assert hostile or ((lengths >= 0) & (lengths <= width)).all()


@given(st.sampled_from([1, 33, 1025]), st.integers(0, 4), st.booleans(), st.data())
def test_drafts_are_in_range(vocabulary: int, width: int, hostile: bool, data: st.DataObject) -> None:
    ids = data.draw(draft_tokens(vocabulary, width, requests=3, hostile=hostile))
    assert ids.shape == (3, width)
    assert ids.dtype == np.int32
    assume(not hostile)
    assert ((ids >= 0) & (ids < vocabulary)).all()


@pytest.mark.parametrize("hostile", [-1, 33, -(2**31), 2**31 - 1])
def test_hostile_ids_and_lengths_are_reachable(hostile: int) -> None:
    assert (reached(draft_tokens(33, 2, hostile=True), lambda ids: hostile in ids) == hostile).sum() == 1
    assert (reached(ragged_lengths(32, hostile=True), lambda lengths: hostile in lengths) == hostile).any()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: cases("verify_chian"), "operation must be one of"),
        (lambda: cases("sample", device="tpu"), "device must be one of"),
        (lambda: cases("sample", variants={"rule": "token"}), "an option must be one of rows, uniforms"),
        (lambda: cases("verify_chain", variants={"rule": "k"}), "rule must be one of token, block, got 'k'"),
        (lambda: vocabularies(largest=0), "largest must be an integer of at least 1, got 0"),
        (lambda: distributions(0), "vocabulary must be an integer of at least 1"),
        (lambda: distributions(True), "got True"),
        (lambda: logits(3, "float64"), "dtype must be one of float32, float16, bfloat16"),
        (lambda: uniforms("float16"), "dtype must be one of"),
        (lambda: ragged_lengths(-1), "width must be an integer of at least 0"),
        (lambda: draft_tokens(5, 2, requests=-1), "requests must be"),
    ],
)
def test_wrong_arguments_are_refused_at_once(call: Callable[[], object], message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        call()
