"""Wrong arguments raise at once, saying what was expected and got; ``check=True`` says which rows."""

from collections.abc import Callable
from inspect import signature
from typing import Any

import pytest
import torch

from draftproof.optimized import eager
from draftproof.optimized.signatures.dtypes import FLOATS
from draftproof.properties.contracts import FUNCTIONS
from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import Argument, FunctionContract
from draftproof.properties.core.subject import FunctionSubject

SIZES = {"B": 2, "K": 3, "V": 5, "N": 4, "count": 2}
SIZES |= {"R": 2, "M": 4, "C": 12, "H": 8, "page_size": 2, "width": 3}
ARGUMENTS = [
    pytest.param(name, argument, id=f"{name}-{argument.name}")
    for name, contract in FUNCTIONS.items()
    for argument in contract.arguments
]


def settled(contract: FunctionContract, argument: Argument, axis: str) -> bool:
    """Whether an axis is a number, or another argument has it too: then its size can be wrong."""
    letter = axis.partition("+")[0]
    others = {name for other in contract.arguments if other is not argument for name in other.axes}
    return axis.isdigit() or letter in {name.partition("+")[0] for name in others}


def called(operation: str, **changed: Any) -> Any:
    """Call eager's operation on ordinary arguments, some of them changed."""
    contract = FUNCTIONS[operation]
    options = {name: choices[0] for name, choices in contract.options.items()}
    case = Case(
        operation,
        {axis: SIZES.get(axis, max(sizes)) for axis, sizes in contract.sizes.items()},
        contract.dtypes[0],
        options,
    )
    subject = FunctionSubject(contract, getattr(eager, operation), "cpu")
    placed = subject.place(contract.fill(case), case.dtype)
    for name, change in changed.items():
        placed[name] = change(placed[name]) if callable(change) else change
    return subject.implementation(**placed, **contract.call_keywords(case))


def refused(kind: type[Exception], operation: str, argument: str, change: Callable[[Any], Any]) -> str:
    """Return the message, after checking that it opens with operation and argument."""
    with pytest.raises(kind) as caught:
        called(operation, **{argument: change})
    message = str(caught.value)
    assert message.startswith(f"{operation}: {argument} must be ")
    return message


@pytest.mark.parametrize("operation", list(FUNCTIONS))
def test_right_arguments_are_taken(operation: str) -> None:
    called(operation)


@pytest.mark.parametrize(("operation", "argument"), ARGUMENTS)
def test_what_is_no_tensor_is_a_type_error(operation: str, argument: Argument) -> None:
    message = refused(TypeError, operation, argument.name, lambda tensor: tensor.numpy())
    assert message == f"{operation}: {argument.name} must be a torch.Tensor, got ndarray"
    if not argument.optional:
        assert "NoneType" in refused(TypeError, operation, argument.name, lambda tensor: None)


@pytest.mark.parametrize(("operation", "argument"), ARGUMENTS)
def test_a_wrong_dtype_is_named(operation: str, argument: Argument) -> None:
    message = refused(ValueError, operation, argument.name, lambda tensor: tensor.to(torch.int8))
    dtypes = " or ".join(str(dtype).removeprefix("torch.") for dtype in FLOATS)
    assert (dtypes if argument.dtype == "float" else argument.dtype.split()[0]) in message
    assert "got int8 [" in message


@pytest.mark.parametrize(("operation", "argument"), ARGUMENTS)
def test_a_wrong_rank_is_named(operation: str, argument: Argument) -> None:
    message = refused(ValueError, operation, argument.name, lambda tensor: tensor[None])
    expected, got = message.split(", got ")
    assert all(axis in expected for axis in argument.axes)
    assert got.split()[1].startswith("[1,")


@pytest.mark.parametrize(
    ("operation", "argument", "axis"),
    [
        pytest.param(name, argument.name, axis, id=f"{name}-{argument.name}-{argument.axes[axis]}")
        for name, contract in FUNCTIONS.items()
        for argument in contract.arguments[1:]
        for axis in range(len(argument.axes))
        if settled(contract, argument, argument.axes[axis])
    ],
)
def test_sizes_that_disagree_are_named(operation: str, argument: str, axis: int) -> None:
    def longer(tensor: torch.Tensor) -> torch.Tensor:
        return torch.cat([tensor, tensor.narrow(axis, 0, 1)], axis)

    expected = r"\w+ must be .*\[.*=\d.*\](, V at least 1,)? on cpu, got \w+ \[.*\] on cpu"
    with pytest.raises(ValueError, match=f"^{operation}: {expected}$"):
        called(operation, **{argument: longer})


@pytest.mark.parametrize(
    ("operation", "argument"),
    [pair for pair in ARGUMENTS if len(FUNCTIONS[str(pair.values[0])].arguments) > 1],
)
def test_another_device_is_named(operation: str, argument: Argument) -> None:
    with pytest.raises(ValueError, match=rf"^{operation}: .* on (cpu|meta), got .* on (cpu|meta)$"):
        called(operation, **{argument.name: lambda tensor: tensor.to("meta")})


def test_the_message_in_full() -> None:
    with pytest.raises(ValueError, match="draft_probs") as caught:
        called("verify_chain", draft_probs=lambda q: q.half())
    assert str(caught.value) == (
        "verify_chain: draft_probs must be float32 [B=2, K=3, V=5] on cpu, got float16 [2, 3, 5] on cpu"
    )


def test_uniforms_have_one_dtype() -> None:
    message = refused(ValueError, "verify_chain", "sample_uniforms", lambda tensor: tensor.double())
    assert "must be float32 [B=2] on cpu, got float64 [2] on cpu" in message


def test_an_unknown_rule_is_named() -> None:
    p, q = torch.ones(1, 2, 3), torch.ones(1, 1, 3)
    drafts, uniforms = torch.zeros(1, 1, dtype=torch.int32), torch.zeros(1, 1)
    with pytest.raises(ValueError, match=r"^verify_chain: rule must be one of token, block, got 'tree'$"):
        eager.verify_chain(drafts, None, q, p, uniforms, torch.zeros(1), rule="tree")


@pytest.mark.parametrize(
    ("count", "kind", "message"),
    [
        (-1, ValueError, "count must be an int32 of at least 0, got -1"),
        (1.5, TypeError, "count must be an integer, got float"),
        (None, TypeError, "count must be an integer, got NoneType"),
        (True, TypeError, "count must be an integer, got bool"),
    ],
)
def test_a_count_is_no_negative_integer(count: Any, kind: type[Exception], message: str) -> None:
    zeros = torch.zeros(2, dtype=torch.int64)
    with pytest.raises(kind, match=f"^uniforms: {message}$"):
        eager.uniforms(zeros, zeros, count)


def test_check_names_rows_and_reasons() -> None:
    probs = torch.tensor([[0.5, 0.5], [0.0, 0.0], [torch.nan, 1.0]])
    assert eager.sample(probs, torch.zeros(3)).status.tolist() == [0, 1, 4]
    with pytest.raises(ValueError, match=r"^sample: row 1: DEGENERATE; row 2: NAN_SEEN$"):
        eager.sample(probs, torch.zeros(3), check=True)


def test_check_names_every_operation_and_joined_reasons() -> None:
    drafts, lengths = torch.tensor([[5, -1]], dtype=torch.int32), torch.tensor([3], dtype=torch.int32)
    target = torch.tensor([[5, 6, 7]], dtype=torch.int32)
    with pytest.raises(ValueError, match=r"^verify_chain_greedy: row 0: INVALID_TOKEN\|INVALID_LENGTH$"):
        eager.verify_chain_greedy(drafts, lengths, target, check=True)
    uniforms = torch.zeros(1, 2)
    with pytest.raises(ValueError, match=r"^verify_chain: row 0: INVALID_TOKEN\|INVALID_LENGTH$"):
        eager.verify_chain(
            drafts % 9, lengths, None, torch.ones(1, 3, 4) / 4, uniforms, torch.zeros(1), check=True
        )


def test_check_shortens_long_lists() -> None:
    with pytest.raises(ValueError, match=r"row 7: DEGENERATE; and 92 more rows$"):
        eager.sample(torch.zeros(100, 3), torch.zeros(100), check=True)


def test_check_is_silent_when_all_is_well() -> None:
    eager.sample(torch.ones(2, 3), torch.zeros(2), check=True)


def test_check_names_rows_of_a_flat_tree() -> None:
    row = torch.tensor([[-1, 0, 0, 0, 0, 0, 0, 0]], dtype=torch.int32)
    one, none = torch.ones(1, dtype=torch.int32), torch.zeros(1, dtype=torch.int32)
    with pytest.raises(ValueError, match=r"^fill_block_tables: row 0: INVALID_LENGTH$"):
        eager.fill_block_tables(none, -one, row, one, page_size=1, width=1, check=True)
    with pytest.raises(ValueError, match=r"^match_prefixes: row 0: INVALID_LENGTH$"):
        eager.match_prefixes(one, torch.tensor([0, 2]), none, -one, row, one, page_size=1, check=True)


@pytest.mark.parametrize(
    ("backend", "operation"), [(b, name) for name, contract in FUNCTIONS.items() for b in contract.backends]
)
def test_what_has_a_status_can_be_checked_at_once(backend: str, operation: str) -> None:
    module = pytest.importorskip(f"draftproof.optimized.{backend}", exc_type=ImportError)
    has_status = any(output.name == "status" for output in FUNCTIONS[operation].outputs)
    parameters = signature(getattr(module, operation)).parameters
    assert ("check" in parameters) == has_status
    assert not has_status or parameters["check"].default is False
