"""The grammar of axes: what is read, worked out, learnt and refused."""

import doctest
import subprocess
import sys

import pytest

from draftproof import axes
from draftproof.axes import Axis, parse_shape


@pytest.mark.parametrize(
    ("text", "sizes", "expected"),
    [
        ("B", {"B": 0}, 0),
        ("K+1", {"K": 3}, 4),
        ("V/32", {"V": 0}, 0),
        ("V/32", {"V": 32}, 1),
        ("V/32", {"V": 33}, 2),
        ("V/32+1", {"V": 33}, 3),
        ("N+M", {"N": 2, "M": 5}, 7),
        ("8", {}, 8),
        ("width", {"width": 7}, 7),
        ("D?", {"D": 4}, 4),
        ("D?", {"B": 4}, None),
        ("K+1", {}, None),
        ("N+M", {"N": 2}, None),
    ],
)
def test_a_size_follows_from_the_names(text: str, sizes: dict[str, int], expected: int | None) -> None:
    assert Axis.parse(text).size(sizes) == expected
    assert str(Axis.parse(text)) == text


@pytest.mark.parametrize(
    ("text", "size", "known", "fits", "learnt"),
    [
        ("B", 3, {}, True, {"B": 3}),
        ("B", 3, {"B": 3}, True, {"B": 3}),
        ("B", 3, {"B": 4}, False, {"B": 4}),
        ("K+1", 4, {}, True, {"K": 3}),
        ("K+1", 1, {}, True, {"K": 0}),
        ("K+1", 0, {}, False, {}),
        ("V/32", 2, {}, True, {}),
        ("V/32", 2, {"V": 64}, True, {"V": 64}),
        ("V/32", 2, {"V": 65}, False, {"V": 65}),
        ("N+M", 7, {"N": 2}, True, {"N": 2, "M": 5}),
        ("N+M", 1, {"N": 2}, False, {"N": 2}),
        ("N+M", 7, {}, True, {}),
        ("N+M+8", 7, {}, False, {}),
        ("8", 8, {}, True, {}),
        ("8", 9, {}, False, {}),
        ("width", 7, {}, True, {}),
        ("width", 7, {"width": 8}, False, {"width": 8}),
        ("D?", 5, {}, True, {"D": 5}),
        ("D?", 5, {"D": 6}, False, {"D": 6}),
    ],
)
def test_a_letter_is_learnt_from_a_size(
    text: str, size: int, known: dict[str, int], fits: bool, learnt: dict[str, int]
) -> None:
    assert Axis.parse(text).learn(size, known) is fits
    assert known == learnt


def test_only_what_is_marked_follows_from_data() -> None:
    assert Axis.parse("D?+1").from_data
    assert not Axis.parse("D+1").from_data
    assert Axis.parse("N+width").names == ("N", "width")


@pytest.mark.parametrize("text", ["", "+", "K+", "K-1", "2*K", "V/0", "32/V", "BK", "?", "-1", "K?+?", "B K"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"an axis must be a sum of .*, got "):
        Axis.parse(text)


def test_shapes_are_axes_in_brackets() -> None:
    assert parse_shape("[]") == ()
    assert parse_shape("[B, V/32]") == (Axis.parse("B"), Axis.parse("V/32"))
    with pytest.raises(ValueError, match=r"must be written in brackets, such as \[B, K\+1\], got 'B, K'"):
        parse_shape("B, K")
    with pytest.raises(ValueError, match="an axis must be"):
        parse_shape("[B,]")


def test_the_examples_are_true() -> None:
    failed, tried = doctest.testmod(axes)
    assert tried
    assert not failed


def test_the_grammar_needs_neither_numpy_nor_torch() -> None:
    code = "import draftproof.axes, sys; print(sorted({'numpy', 'torch'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
