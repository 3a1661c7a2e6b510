"""A case survives being printed, and a malformed line is refused with its reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from draftproof.properties.core.case import Case

words = st.from_regex(r"[A-Za-z]\w{0,8}", fullmatch=True, alphabet=st.characters(codec="ascii"))
values = st.from_regex(r"[A-Za-z0-9_.-]{1,12}", fullmatch=True).filter(lambda word: word != "-")
arbitrary = st.builds(
    Case,
    words,
    st.dictionaries(words, st.integers(0, 2**40), min_size=1, max_size=4),
    st.sampled_from(["float32", "float16", "bfloat16", "int32"]),
    st.dictionaries(words, values, max_size=4),
    st.integers(0, 2**63),
    st.frozensets(words, max_size=4),
)


@given(arbitrary)
def test_a_case_survives_its_line(case: Case) -> None:
    assert Case.parse(str(case)) == case
    assert "\n" not in str(case)


@given(arbitrary)
def test_equal_cases_hash_equally(case: Case) -> None:
    assert hash(Case.parse(str(case))) == hash(case)


@given(arbitrary, st.integers(0, 99))
def test_reshaping_leaves_the_rest(case: Case, size: int) -> None:
    axis = next(iter(case.shape))
    other = case.reshaped(**{axis: size})
    assert other.shape[axis] == size
    assert other.reshaped(**case.shape) == case


@given(st.text(max_size=40))
def test_any_text_is_a_case_or_a_value_error(line: str) -> None:
    try:
        Case.parse(line)
    except ValueError as error:
        assert repr(line) in str(error)  # noqa: PT017 - which lines are refused is not known beforehand


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("", "expected 6 parts separated by '/', got 1"),
        ("sample/B=1/float32/-/seed=0", "got 5"),
        ("sample/B/float32/-/seed=0/-", "expected a shape such as 'B=2,V=33', got 'B'"),
        ("sample/B=-1/float32/-/seed=0/-", "expected a shape"),
        ("sample/B=1/float32/-/7/-", "expected 'seed=N', got '7'"),
        ("sample/B=1/float32/rule/seed=0/-", "expected options such as 'rule=token', got 'rule'"),
    ],
)
def test_the_malformed_part_is_named(line: str, reason: str) -> None:
    with pytest.raises(ValueError, match=r"^case '") as caught:
        Case.parse(line)
    assert reason in str(caught.value)
