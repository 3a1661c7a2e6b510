"""The laws that every contract shares reject what they are meant for, by name, and pass what is right."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from draftproof.optimized import eager
from draftproof.properties.cases.plan import plan
from draftproof.properties.cases.roomy import NUMBERS
from draftproof.properties.contracts import CONTRACTS, FUNCTIONS
from draftproof.properties.core.law import Law
from draftproof.properties.core.layouts import layouts_of
from draftproof.properties.core.subject import FunctionSubject, subject_of
from draftproof.properties.laws.shared.concurrency import TWO_THREADS
from draftproof.properties.laws.shared.history import HISTORY, MANY_CALLS
from draftproof.properties.laws.shared.layouts import LAYOUT, PARTS, part_of
from draftproof.properties.laws.shared.rows import MANY_ROWS, ROWS_INDEPENDENT
from draftproof.properties.laws.shared.values import VALUES

Tensor = torch.Tensor


def findings(law: Law, operation: str, implementation: Callable[..., Any], device: str = "cpu") -> str:
    """Return what a law finds over a small budget, in one text."""
    contract = FUNCTIONS[operation]
    subject = FunctionSubject(contract, implementation, device)
    checks = [check for check in plan(contract, device, "small", 0) if check.law is law]
    assert checks
    return "\n".join(
        str(finding) for check in checks for finding in law.check(contract, subject, check.case).findings
    )


def flattened(name: str, axis: int) -> Callable[..., Any]:
    """Return ``verify_chain`` that takes one stride of one argument for what it is when contiguous."""

    def wrong(**given: Any) -> Any:
        value = given[name]
        if value is not None:
            strides = [*value.stride()]
            strides[axis] = torch.empty(value.shape).stride()[axis]
            room = value.untyped_storage().nbytes() // value.element_size() - value.storage_offset()
            last = sum(stride * (size - 1) for stride, size in zip(strides, value.shape, strict=True))
            if value.numel() and last < room:
                given[name] = value.as_strided(value.shape, strides)
        return eager.verify_chain(**given)

    return wrong


ARGUMENTS = [
    (argument.name, axis)
    for argument in FUNCTIONS["verify_chain"].arguments
    for axis in range(len(argument.axes))
]


@pytest.mark.parametrize(("name", "axis"), ARGUMENTS)
def test_every_stride_of_every_argument_is_tried(name: str, axis: int) -> None:
    found = findings(LAYOUT, "verify_chain", flattened(name, axis))
    assert (
        f"with {name} with step 2 on axis {axis}" in found or f"with {name} expanded on axis {axis}" in found
    )


@pytest.mark.parametrize("operation", list(FUNCTIONS))
@pytest.mark.parametrize("device", ["numpy", "cpu", "interpreter", "cuda"])
def test_every_layout_of_every_argument_is_tried_in_each_round(operation: str, device: str) -> None:
    contract = FUNCTIONS[operation]
    wanted: set[tuple[str, str]] = set()
    tried: set[tuple[str, str]] = set()
    for check in plan(contract, device, "small", 0):
        if check.law is not LAYOUT:
            continue
        inputs = contract.fill(check.case)
        for argument in contract.arguments:
            array = inputs[argument.name]
            assert array is not None, f"{argument.name} is left out of {check.case}"
            assert array.size
            for layout in layouts_of(array.shape, device, argument.mutated):
                wanted.add((argument.name, layout.name))
                if part_of(argument, layout) == check.case.seed % NUMBERS % PARTS:
                    tried.add((argument.name, layout.name))
    assert tried == wanted


def test_a_finding_names_argument_and_layout() -> None:
    found = findings(
        LAYOUT,
        "sample",
        lambda probs, uniforms: eager.sample(probs, uniforms.as_strided(uniforms.shape, (1,))),
    )
    assert "tokens" in found
    assert "with uniforms with step 2 on axis 0" in found


def _kept_by_size() -> Callable[..., Any]:
    kept: dict[tuple[Any, ...], Tensor] = {}
    return lambda logits: kept.setdefault((*logits.shape, str(logits.dtype)), eager.softmax(logits)).clone()


def _in_one_buffer() -> Callable[..., Any]:
    kept: dict[tuple[int, ...], Tensor] = {}
    return lambda logits: kept.setdefault(tuple(logits.shape), torch.zeros(logits.shape)).copy_(
        eager.softmax(logits)
    )


def _own_scratch_left_by_refusal() -> Callable[..., Any]:
    busy: list[bool] = []

    def softmax(logits: Tensor) -> Tensor:
        if busy:
            return torch.zeros(logits.shape)
        busy.append(True)
        probs: Tensor = eager.softmax(logits)
        busy.pop()
        return probs

    return softmax


def _where_the_input_lies() -> Callable[..., Any]:
    def softmax(logits: Tensor) -> Tensor:
        if logits.dtype != torch.float32 or not logits.is_contiguous():
            probs: Tensor = eager.softmax(logits)
            return probs
        return logits.copy_(eager.softmax(logits))

    return softmax


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (_kept_by_size(), "after a call with other values"),
        (_in_one_buffer(), "looked at again after the next call"),
        (_own_scratch_left_by_refusal(), "after a call with an object as logits"),
        (_where_the_input_lies(), "was written into"),
    ],
)
def test_what_was_before_does_not_matter(wrong: Callable[..., Any], said: str) -> None:
    assert said in findings(HISTORY, "softmax", wrong)


def test_a_kept_answer_that_its_caller_wrote_into_is_found() -> None:
    kept: dict[int, Tensor] = {}

    def softmax(logits: Tensor) -> Tensor:
        return kept.setdefault(
            hash(logits.float().numpy().tobytes() + str(logits.shape).encode()), eager.softmax(logits)
        )

    assert "after the probs of the last answer was written into" in findings(HISTORY, "softmax", softmax)


def test_the_256th_call_is_looked_at() -> None:
    calls = [0]

    def softmax(logits: Tensor) -> Tensor:
        calls[0] += 1
        probs: Tensor = eager.softmax(logits)
        return probs if calls[0] % 256 else torch.zeros_like(probs)

    assert "probs, call 256" in findings(MANY_CALLS, "softmax", softmax)


@pytest.mark.parametrize("row", [128, 256, 1024, 65_535])
def test_rows_behind_powers_of_two_are_looked_at(row: int) -> None:
    def greedy(**given: Any) -> Any:
        answer = eager.verify_chain_greedy(**given)
        for output in answer:
            output[row:] = output[row - 1 : row]
        return answer

    assert f"row {row}:" in findings(MANY_ROWS, "verify_chain_greedy", greedy)
    if row < 257:
        assert "expected each row's own answer" in findings(ROWS_INDEPENDENT, "verify_chain_greedy", greedy)


@pytest.mark.parametrize("value", [-1, 0, 2**31 - 1])
def test_what_rows_share_holds_nothing_but_a_value(value: int) -> None:
    def fill(**given: Any) -> Any:
        tables, status = eager.fill_block_tables(**given)
        return tables, torch.zeros_like(status) if (given["nodes"] == value).all() else status

    assert "with other nodes, " in findings(VALUES, "fill_block_tables", fill)


def test_among_millions_of_rows_the_wrong_ones_are_named() -> None:
    def add(a: Tensor, b: Tensor) -> Tensor:
        answer = a + b
        answer[2**24 :] = 0
        return answer

    assert f"row {2**24}: 0.0 for " in findings(MANY_ROWS, "vector_add", add)


def test_threads_meet_in_what_they_share() -> None:
    kept: dict[str, Tensor] = {}

    def verify(**given: Any) -> Any:
        kept["p"] = given["target_probs"]
        eager.verify_chain(**given)
        return eager.verify_chain(**{**given, "target_probs": kept["p"]})

    assert "in thread" in findings(TWO_THREADS, "verify_chain", verify)


@pytest.mark.parametrize("operation", list(FUNCTIONS))
@pytest.mark.parametrize(
    "law", [LAYOUT, HISTORY, MANY_CALLS, MANY_ROWS, TWO_THREADS], ids=lambda law: law.name
)
def test_what_is_right_passes(law: Law, operation: str) -> None:
    subject = subject_of(eager, CONTRACTS[operation], "cpu")
    assert subject is not None
    assert not findings(law, operation, subject.implementation)


def test_no_law_compares_values() -> None:
    """Both zeros are equal, and no NaN is."""
    signed = np.float32(-0.0)

    def add(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore", invalid="ignore"):
            total: np.ndarray = a + b
        total[total == 0] = signed if len(a) % 2 else 0.0
        return total

    assert findings(ROWS_INDEPENDENT, "vector_add", add, "numpy")
