# mypy: allow-untyped-defs, allow-incomplete-defs, allow-untyped-decorators
"""The quicker interpreter gives what Triton's own gives, and does not fall back on it."""

import sys
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
triton = pytest.importorskip("triton")
interpreter = pytest.importorskip("triton.runtime.interpreter")

import triton.language as tl  # noqa: E402

from draftproof.properties.emulation.interpreter import quicken  # noqa: E402

pytestmark = pytest.mark.interpret


@triton.jit
def _later(a1, b1, a2, b2):  # associative, but not commutative
    return a1 * a2, b1 * a2 + b2


@triton.jit
def _reduce_and_scan(x, y, totals, kept, scanned, reverse: tl.constexpr):
    at = tl.arange(0, 4)[:, None] * 16 + tl.arange(0, 16)[None, :]
    pair = (tl.load(x + at), tl.load(y + at))
    a, b = tl.reduce(pair, 1, _later)
    rows = tl.arange(0, 4)
    tl.store(totals + rows, a)
    tl.store(totals + 4 + rows, b)
    a, b = tl.reduce(pair, 0, _later, keep_dims=True)
    columns = tl.arange(0, 16)[None, :]
    tl.store(kept + columns, a)
    tl.store(kept + 16 + columns, b)
    a, b = tl.associative_scan(pair, 1, _later, reverse=reverse)
    tl.store(scanned + at, a)
    tl.store(scanned + 64 + at, b)


def answers(reverse: bool) -> list[np.ndarray]:
    """Small whole numbers, whose products and sums no order rounds."""
    draw = np.random.default_rng(5)
    x, y = (torch.from_numpy(draw.integers(-2, 3, (4, 16)).astype(np.float64)) for _ in range(2))
    outputs = [torch.zeros(size, dtype=torch.float64) for size in (8, 32, 128)]
    _reduce_and_scan[(1,)](x, y, *outputs, reverse=reverse)
    return [output.numpy() for output in outputs]


@pytest.fixture(scope="module")
def own() -> Iterator[Any]:
    """A fresh copy of Triton's module: that of this process is changed already."""
    spec = spec_from_file_location("its_own_interpreter", interpreter.__file__)
    assert spec is not None
    assert spec.loader is not None
    copy = module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, spec.name, copy)  # its dataclasses look there
        patch.setattr(copy, "__package__", "triton.runtime")
        spec.loader.exec_module(copy)
        yield copy


@pytest.mark.parametrize("reverse", [False, True])
def test_the_answers_are_those_of_tritons_own(
    reverse: bool, own: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = answers(reverse)
    monkeypatch.setattr(interpreter.ReduceOps, "generic_reduce", own.ReduceOps.generic_reduce)
    monkeypatch.setattr(interpreter.ScanOps, "generic_scan", own.ScanOps.generic_scan)
    for mine, theirs in zip(quick, answers(reverse), strict=True):
        np.testing.assert_array_equal(mine, theirs)
        assert mine.any()


def test_this_process_is_quickened() -> None:
    for method in (interpreter.ReduceOps.generic_reduce, interpreter.ScanOps.generic_scan):
        assert method.__module__ == quicken.__module__


def test_a_device_function_finds_the_language_prepared(monkeypatch: pytest.MonkeyPatch) -> None:
    prepared: list[Any] = []
    original = interpreter._patch_builtin

    def counted(language: Any, *rest: Any) -> None:
        prepared.append(language)
        original(language, *rest)

    monkeypatch.setattr(interpreter, "_patch_builtin", counted)
    answers(False)
    assert prepared.count(tl) == 1
    assert tl.core.is_builtin(tl.load)  # and it is given back


def test_an_interpreter_of_another_make_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ReduceOps", "ScanOps", "_patch_lang"):
        monkeypatch.delattr(interpreter, name)
    quicken()
