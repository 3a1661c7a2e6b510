"""The contract of vector addition."""

from draftproof import reference
from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import Argument, Bench, FunctionContract, Work
from draftproof.properties.inputs import primitives as inputs
from draftproof.properties.judges.primitives import judge_vector_add
from draftproof.properties.laws.shared.functions import SHARED

VECTOR_ADD = FunctionContract(
    name="vector_add",
    pillar="primitives",
    rule="a + b, element by element, each sum rounded once.",
    source="IEEE 754",
    arguments=(
        Argument("a", ("N",), "float32", "first addend"),
        Argument("b", ("N",), "float32", "second addend"),
    ),
    outputs=(Argument("sum", ("N",), "float32", "a + b"),),
    oracle=reference.vector_add,
    fill=inputs.vector_add,
    judge=judge_vector_add,
    sizes={"N": (1, 2, 31, 32, 33, 1023, 1024, 1025, 4097, 65_537, 100_003, 2**20 + 3)},
    dearness=0.5,
    options={},
    keywords=(),
    flags=("special",),
    dtypes=("float32",),
    laws=SHARED,
    work=Work(
        bytes=lambda shape, *_: 12 * shape["N"],
        flops=lambda shape, *_: shape["N"],
        scratch=lambda shape: 2**20,
    ),
    benches=tuple(
        Bench(Case("vector_add", {"N": megabytes * 2**18}, "float32", {}, 1))
        for megabytes in (1, 16, 64, 256)
    ),
    large=Case("vector_add", {"N": 2**20}, "float32"),
)
