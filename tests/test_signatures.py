"""The declaration of an operation's tensors, and what follows from it."""

from collections.abc import Callable, Iterator
from inspect import signature
from typing import Annotated, Any, Literal, NamedTuple

import pytest
import torch

from draftproof.optimized import eager
from draftproof.optimized.signatures.declarations import Count, TensorArgument, declared
from draftproof.optimized.signatures.implement import OPERATIONS, declare, implements
from draftproof.optimized.signatures.signature import Signature
from draftproof.properties.contracts import FUNCTIONS

DTYPES = {"float": "float", "float32 or float64": "uniform"}
"""How the contracts name the classes of dtypes."""


class Masked(NamedTuple):
    """Outputs of the dummy."""

    picked: Annotated[torch.Tensor, "int64 [D?]"]
    status: Annotated[torch.Tensor, "int32 [B]"]


def mask_inplace(
    logits: Annotated[torch.Tensor, "float [B, V], mutated"],
    mask: Annotated[torch.Tensor, "int32 [B, V/32]"],
    bias: Annotated[torch.Tensor, "float [V]"] | None = None,
    *,
    side: Literal["left", "right"] = "left",
    most: Annotated[int, "int32 >= 0"] = 3,
    B: int,
) -> Masked:
    """Set logits to 0 where bit v % 32 of the mask's word is not, and say which stay."""
    bits = torch.arange(logits.shape[1])
    allowed = mask[:, bits // 32] >> bits % 32 & 1 == 1
    logits.mul_(allowed)
    return Masked(allowed.flatten().nonzero()[:, 0][:most], torch.zeros(B, dtype=torch.int32))


@pytest.fixture
def dummy() -> Iterator[Callable[..., Any]]:
    """Return the dummy as a backend's operation."""
    yield declare("mask_inplace", mask_inplace).implement("eager", mask_inplace)
    del OPERATIONS["mask_inplace"]


def call(**changed: Any) -> dict[str, Any]:
    """Return arguments of the dummy."""
    ordinary = {"logits": torch.ones(2, 33), "mask": torch.tensor([[5, 1], [0, 0]], dtype=torch.int32)}
    return {**ordinary, **changed}


def test_an_operation_may_write_to_what_it_declares(dummy: Callable[..., Any]) -> None:
    given = call()
    assert dummy(**given).picked.tolist() == [0, 2, 32]
    assert given["logits"].nonzero().tolist() == [[0, 0], [0, 2], [0, 32]]
    schema = str(torch.ops.draftproof.mask_inplace.default._schema)
    assert schema == (
        "draftproof::mask_inplace(Tensor(a0!) logits, Tensor mask, Tensor? bias, str side, SymInt most, "
        "bool check, str backend) -> (Tensor, Tensor)"
    )
    values = (*call().values(), None, "left", 3, False, "eager")
    torch.library.opcheck(torch.ops.draftproof.mask_inplace.default, values)


def test_a_size_from_the_data_is_a_new_symbol_to_the_compiler(dummy: Callable[..., Any]) -> None:
    def both(logits: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return dummy(logits, mask, most=9).picked * 2, logits + 1

    compiled: Any = torch.compile(both, fullgraph=True, backend="aot_eager")
    doubled, after = compiled(**call())
    assert doubled.tolist() == [0, 4, 64]
    assert after.sum() == 69


@pytest.mark.parametrize(
    ("changed", "kind", "message"),
    [
        ({"side": "up"}, ValueError, "side must be one of left, right, got 'up'"),
        ({"most": -1}, ValueError, "most must be an int32 of at least 0, got -1"),
        ({"most": 2**31}, ValueError, "most must be an int32 of at least 0, got 2147483648"),
        ({"most": True}, TypeError, "most must be an integer, got bool"),
        ({"mask": None}, TypeError, "mask must be a torch.Tensor, got NoneType"),
        (
            {"mask": torch.zeros(2, 1, dtype=torch.int32)},
            ValueError,
            r"mask must be int32 \[B=2, V/32=2\] on cpu, got int32 \[2, 1\] on cpu",
        ),
        (
            {"bias": torch.zeros(33, dtype=torch.float16)},
            ValueError,
            r"bias must be float32 \[V=33\] on cpu, got float16 \[33\] on cpu",
        ),
        (
            {"logits": torch.zeros(2, 33, dtype=torch.int32)},
            ValueError,
            r"logits must be float32 or float16 or bfloat16 \[B=2, V=33\] on cpu, got int32 \[2, 33\] on cpu",
        ),
        ({"depth": 2}, TypeError, "got an unexpected keyword argument 'depth'"),
    ],
)
def test_wrong_arguments_are_named(
    dummy: Callable[..., Any], changed: dict[str, Any], kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=f"^mask_inplace: {message}$"):
        dummy(**call(**changed))


def test_a_call_that_python_would_refuse_is_refused(dummy: Callable[..., Any]) -> None:
    logits, mask = call().values()
    for args, keywords in (
        ((logits,), {}),
        ((logits, mask, None, "left"), {}),
        ((logits, mask), {"mask": mask}),
        ((logits, mask), {"B": 2}),
    ):
        with pytest.raises(TypeError, match=r"^mask_inplace: "):
            dummy(*args, **keywords)


def test_a_quotient_waits_for_its_letter() -> None:
    def after(
        mask: Annotated[torch.Tensor, "int32 [V/32]"], row: Annotated[torch.Tensor, "bool [V]"]
    ) -> None:
        """Do nothing."""

    read = Signature("after", after)
    row = torch.zeros(33, dtype=torch.bool)
    sizes, _ = read.check([torch.zeros(2, dtype=torch.int32), row])
    assert sizes == {"V": 33}
    with pytest.raises(ValueError, match=r"^after: mask must be int32 \[V/32=2\] on cpu, got int32 \[1\]"):
        read.check([torch.zeros(1, dtype=torch.int32), row])


@pytest.mark.parametrize(
    "text",
    ["int33 [B]", "int32", "int32 B", "int32 [B], H an odd number", "int32 [2*B]", "[B]", "int32 [B] "],
)
def test_a_declaration_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"must be|may be"):
        TensorArgument.parse("x", text)


@pytest.mark.parametrize(
    "annotation", [torch.Tensor, int, "float32 [B]", Annotated[float, ">= 0"], bool | None]
)
def test_what_declares_nothing_is_refused(annotation: Any) -> None:
    with pytest.raises(TypeError, match=r"^x must be declared as Annotated\[Tensor"):
        declared("x", annotation)
    with pytest.raises(ValueError, match="must be declared as >= 0"):
        Count.parse("x", "> 0")


def test_a_backend_takes_what_is_declared(dummy: Callable[..., Any]) -> None:
    def other(logits: Any, masks: Any, bias: Any, side: Any, most: Any) -> None: ...

    with pytest.raises(
        TypeError, match="of cuda must take logits, mask, bias, side, most, got logits, masks, "
    ):
        OPERATIONS["mask_inplace"].implement("cuda", other)


def test_an_operation_stands_in_a_file_of_its_name() -> None:
    def misplaced() -> None: ...

    misplaced.__module__ = "draftproof.optimized.triton.sampling.sample"
    with pytest.raises(TypeError, match=r"misplaced must stand in a file of its name, got sample\.py"):
        implements(misplaced)


@pytest.mark.parametrize("operation", FUNCTIONS)
def test_the_declaration_agrees_with_the_contract(operation: str) -> None:
    contract, read = FUNCTIONS[operation], OPERATIONS[operation].signature
    tensors = [argument for argument in read.arguments if isinstance(argument, TensorArgument)]
    others = [argument.name for argument in read.arguments if not isinstance(argument, TensorArgument)]
    assert described(tensors) == [
        (each.name, DTYPES.get(each.dtype, each.dtype), each.axes, each.optional)
        for each in contract.arguments
    ]
    assert others == list(contract.keywords)
    names = [each.name for each in contract.outputs] if read.result else ["output"]
    outputs = zip(names, contract.outputs, strict=True)
    assert described(read.outputs) == [(name, each.dtype, each.axes, each.optional) for name, each in outputs]


def described(arguments: Any) -> list[tuple[str, str, tuple[str, ...], bool]]:
    """Return names, dtypes, axes and optionality, as contracts write them."""
    return [
        (each.name, each.dtype, tuple(str(axis) for axis in each.axes), each.optional) for each in arguments
    ]


@pytest.mark.parametrize(
    ("backend", "operation"),
    [(b, n) for n, contract in FUNCTIONS.items() for b in contract.backends if b != "eager"],
)
def test_every_backend_shows_the_declared_signature(operation: str, backend: str) -> None:
    module = pytest.importorskip(f"draftproof.optimized.{backend}", exc_type=ImportError)
    assert signature(getattr(module, operation)) == signature(getattr(eager, operation))
