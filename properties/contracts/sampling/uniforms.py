"""The contract of Philox uniforms."""

from draftproof import reference
from draftproof.properties.cases.sizes import BATCHES
from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import Argument, Bench, FunctionContract, Work
from draftproof.properties.inputs import sampling as inputs
from draftproof.properties.judges.sampling import judge_uniforms
from draftproof.properties.laws.shared.functions import SHARED

UNIFORMS = FunctionContract(
    name="uniforms",
    pillar="sampling",
    rule=(
        "Element j of a request is word (offset + j) mod 4 of the Philox4x32-10 block with counter "
        "(offset + j) div 4 and the request's seed as key; its upper 24 bits are the uniform's."
    ),
    source="Salmon, Moraes, Dror, Shaw 2011, section 4.3",
    arguments=(
        Argument("seeds", ("B",), "int64", "the key of each request"),
        Argument("offsets", ("B",), "int64", "the number of the first element, modulo 2**64"),
    ),
    outputs=(Argument("uniforms", ("B", "count"), "float32", "multiples of 2**-24 in [0, 1)"),),
    oracle=reference.uniforms,
    fill=inputs.uniforms,
    judge=judge_uniforms,
    sizes={"B": BATCHES, "count": (0, 1, 3, 4, 5, 64, 128, 129, 257, 1024, 1025)},
    dearness=130.0,
    options={},
    keywords=("count",),
    flags=inputs.UNIFORMS_FLAGS,
    dtypes=("float32",),
    laws=SHARED,
    work=Work(
        bytes=lambda shape, *_: shape["B"] * (16 + 4 * shape["count"]),
        flops=lambda shape, *_: shape["B"] * shape["count"] * 30,
    ),
    benches=tuple(
        Bench(Case("uniforms", {"B": batch, "count": 5}, "float32", {}, 1)) for batch in (1, 64, 256)
    ),
)
