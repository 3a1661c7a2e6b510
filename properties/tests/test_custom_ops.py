"""The operators as ``torch.library`` and ``torch.compile`` see them: schemas, fakes, whole graphs."""

from importlib import import_module
from typing import Any

import pytest
import torch

import draftproof
from draftproof.optimized import eager
from draftproof.properties.contracts import FUNCTIONS
from draftproof.properties.core.case import Case
from draftproof.properties.core.subject import FunctionSubject

OPERATIONS = sorted(FUNCTIONS)
SIZES = {"B": 3, "K": 2, "V": 33, "N": 100, "count": 5}
SIZES |= {"R": 3, "M": 9, "C": 60, "H": 16, "page_size": 2, "width": 7}
BACKENDS = ("cuda", "cupy", "eager", "triton")


def ordinary(
    operation: str, device: str, dtype: str = "", **chosen: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the tensors and the keywords of an ordinary call."""
    contract = FUNCTIONS[operation]
    options = {name: choices[0] for name, choices in contract.options.items()} | chosen
    shape = {axis: SIZES.get(axis, max(sizes)) for axis, sizes in contract.sizes.items()}
    case = Case(operation, shape, dtype or contract.dtypes[0], options, seed=1)
    subject = FunctionSubject(contract, getattr(eager, operation), device)
    return subject.place(contract.fill(case), case.dtype), contract.call_keywords(case)


def given(placed: dict[str, Any], keywords: dict[str, Any], operation: str, backend: str) -> tuple[Any, ...]:
    """Return what the operator takes: the arguments in order, whether to check, the backend."""
    status = any(output.name == "status" for output in FUNCTIONS[operation].outputs)
    return (*placed.values(), *keywords.values(), *([False] if status else []), backend)


def operator(operation: str) -> Any:
    return getattr(torch.ops.draftproof, operation).default


def variants() -> list[Any]:
    """Every operation with every choice that changes what the operator is given."""
    found = []
    for operation in OPERATIONS:
        options = FUNCTIONS[operation].options
        for dtype in FUNCTIONS[operation].dtypes:
            for drafts in options.get("drafts", ("-",)):
                for uniforms in options.get("uniforms", ("-",)):
                    chosen = {"drafts": drafts, "uniforms": uniforms}
                    chosen = {name: value for name, value in chosen.items() if value != "-"}
                    label = "-".join((operation, dtype, *chosen.values()))
                    found.append(pytest.param(operation, dtype, chosen, id=label))
    return found


def able(name: str, device: str, operation: str) -> Any:
    """Return a backend's namespace, or skip with the reason why the operation cannot be compiled there."""
    module = pytest.importorskip(f"draftproof.optimized.{name}", exc_type=ImportError)
    if reason := module.unavailable(device) if hasattr(module, "unavailable") else None:
        pytest.skip(f"unavailable: {reason}")
    if not hasattr(module, operation):
        pytest.skip(f"absent: {name} has no {operation}")
    return module


def same(one: Any, two: Any) -> bool:
    """Whether two results have the same bits."""
    pairs = zip(one, two, strict=True) if isinstance(one, tuple) else [(one, two)]
    return all(torch.equal(a, b) for a, b in pairs)


def test_every_operation_is_an_operator() -> None:
    assert set(OPERATIONS) == {name for name in dir(torch.ops.draftproof) if name in FUNCTIONS}


@pytest.mark.parametrize(("operation", "dtype", "chosen"), variants())
def test_the_fake_has_the_shapes_and_dtypes_of_the_real_one(
    operation: str, dtype: str, chosen: dict[str, str]
) -> None:
    placed, keywords = ordinary(operation, "cpu", dtype, **chosen)
    real = getattr(eager, operation)(**placed, **keywords)
    meta = {name: None if value is None else value.to("meta") for name, value in placed.items()}
    fake = operator(operation)(*given(meta, keywords, operation, "cuda"))
    real, fake = (out if isinstance(out, tuple) else (out,) for out in (real, fake))
    assert [(out.shape, out.dtype) for out in fake] == [(out.shape, out.dtype) for out in real]
    assert all(out.device.type == "meta" for out in fake)


@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
@pytest.mark.parametrize(("operation", "dtype", "chosen"), variants())
def test_opcheck(operation: str, dtype: str, chosen: dict[str, str], device: str) -> None:
    placed, keywords = ordinary(operation, device, dtype, **chosen)
    backends = ["eager"] if device == "cpu" else [name for name in BACKENDS if name != "eager"]
    for backend in backends:
        able(backend, device, operation)
        torch.library.opcheck(operator(operation), given(placed, keywords, operation, backend))


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_call_at_the_top_is_one_graph(operation: str) -> None:
    placed, keywords = ordinary(operation, "cpu")
    function = getattr(draftproof, operation)
    compiled: Any = torch.compile(function, fullgraph=True, backend="aot_eager", dynamic=True)
    assert same(compiled(**placed, **keywords), function(**placed, **keywords))


@pytest.mark.parametrize(
    ("backend", "device"),
    [("eager", "cpu"), *(pytest.param(name, "cuda", marks=pytest.mark.gpu) for name in BACKENDS)],
)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_compiled_call_of_a_backend_gives_the_same_bits(operation: str, backend: str, device: str) -> None:
    function: Any = getattr(able(backend, device, operation), operation)
    placed, keywords = ordinary(operation, device)
    compiled: Any = torch.compile(function, fullgraph=True, backend="aot_eager")
    assert same(compiled(**placed, **keywords), function(**placed, **keywords))


def test_a_compiled_call_names_its_backend_and_checks_its_rows() -> None:
    def draw(probs: torch.Tensor, uniforms: torch.Tensor) -> Any:
        return draftproof.sample(probs, uniforms, check=True, backend="eager")

    compiled: Any = torch.compile(draw, fullgraph=True, backend="aot_eager")
    assert compiled(torch.ones(2, 3), torch.zeros(2)).tokens.tolist() == [0, 0]
    with pytest.raises(ValueError, match=r"^sample: row 0: DEGENERATE; row 1: DEGENERATE$"):
        compiled(torch.zeros(2, 3), torch.zeros(2))

    def misspelt(probs: torch.Tensor, uniforms: torch.Tensor) -> Any:
        backend: Any = "fastest"
        return draftproof.sample(probs, uniforms, backend=backend)

    refused: Any = torch.compile(misspelt, fullgraph=True, backend="aot_eager")
    with pytest.raises(ValueError, match="sample: backend must be one of cuda, triton, cupy, eager"):
        refused(torch.ones(2, 3), torch.zeros(2))


def test_a_wrong_argument_is_named_when_a_compiled_call_runs() -> None:
    compiled: Any = torch.compile(eager.sample, fullgraph=True, backend="aot_eager")
    with pytest.raises(ValueError, match=r"^sample: uniforms must be float32 or float64 \[B=2\] on cpu"):
        compiled(torch.ones(2, 3), torch.zeros(3))


def test_the_backends_are_those_there_are() -> None:
    dispatch = import_module("draftproof.optimized.dispatch")
    assert sorted(dispatch.BACKENDS) == sorted(BACKENDS)
