"""The CUDA operators as ``torch.library`` sees them: fake implementations, schemas, compilation."""

from typing import Any

import pytest
import torch

from draftproof.optimized import eager
from draftproof.properties.contracts import CONTRACTS, FUNCTIONS
from draftproof.properties.core.case import Case
from draftproof.properties.core.subject import FunctionSubject

cuda = pytest.importorskip("draftproof.optimized.cuda", exc_type=ImportError)

OPERATIONS = sorted(name for name in CONTRACTS if hasattr(torch.ops.draftproof_cuda, name))
SIZES = {"B": 3, "K": 2, "V": 33, "N": 100, "count": 5}
SIZES |= {"R": 3, "M": 9, "C": 60, "H": 16, "page_size": 2, "width": 7}


def ordinary(
    operation: str, device: str, dtype: str = "", **chosen: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    contract = FUNCTIONS[operation]
    options = {name: choices[0] for name, choices in contract.options.items()} | chosen
    shape = {axis: SIZES[axis] for axis in contract.sizes}
    case = Case(operation, shape, dtype or contract.dtypes[0], options, seed=1)
    subject = FunctionSubject(contract, getattr(eager, operation), device)
    return subject.place(contract.fill(case), case.dtype), contract.call_keywords(case)


def operator(operation: str) -> Any:
    return getattr(torch.ops.draftproof_cuda, operation).default


def variants() -> list[Any]:
    """Every operation with every choice that changes what the operator is given."""
    given = []
    for operation in OPERATIONS:
        options = FUNCTIONS[operation].options
        for dtype in FUNCTIONS[operation].dtypes:
            for drafts in options.get("drafts", ("-",)):
                for uniforms in options.get("uniforms", ("-",)):
                    chosen = {"drafts": drafts, "uniforms": uniforms}
                    chosen = {name: value for name, value in chosen.items() if value != "-"}
                    label = "-".join((operation, dtype, *chosen.values()))
                    given.append(pytest.param(operation, dtype, chosen, id=label))
    return given


def test_every_operation_is_an_operator() -> None:
    assert set(OPERATIONS) == FUNCTIONS.keys()


@pytest.mark.parametrize(("operation", "dtype", "chosen"), variants())
def test_the_fake_has_the_shapes_and_dtypes_of_the_real_one(
    operation: str, dtype: str, chosen: dict[str, str]
) -> None:
    placed, keywords = ordinary(operation, "cpu", dtype, **chosen)
    real = getattr(eager, operation)(**placed, **keywords)
    meta = {name: None if value is None else value.to("meta") for name, value in placed.items()}
    fake = operator(operation)(*meta.values(), *keywords.values())
    real, fake = (out if isinstance(out, tuple) else (out,) for out in (real, fake))
    assert [(out.shape, out.dtype) for out in fake] == [(out.shape, out.dtype) for out in real]
    assert all(out.device.type == "meta" for out in fake)


@pytest.mark.gpu
@pytest.mark.parametrize(("operation", "dtype", "chosen"), variants())
def test_opcheck(operation: str, dtype: str, chosen: dict[str, str]) -> None:
    if reason := cuda.unavailable("cuda"):
        pytest.skip(f"unavailable: {reason}")
    placed, keywords = ordinary(operation, "cuda", dtype, **chosen)
    torch.library.opcheck(operator(operation), (*placed.values(), *keywords.values()))


@pytest.mark.gpu
@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_compiled_call_gives_the_same_bits(operation: str) -> None:
    if reason := cuda.unavailable("cuda"):
        pytest.skip(f"unavailable: {reason}")
    placed, keywords = ordinary(operation, "cuda")
    function: Any = getattr(cuda, operation)
    compiled: Any = torch.compile(function, fullgraph=True, backend="aot_eager")
    expected, got = function(**placed, **keywords), compiled(**placed, **keywords)
    pairs = zip(expected, got, strict=True) if isinstance(expected, tuple) else [(expected, got)]
    assert all(torch.equal(one, two) for one, two in pairs)
