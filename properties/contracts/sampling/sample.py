"""The contract of drawing one token per row."""

from draftproof import reference
from draftproof.properties.cases.sizes import BATCHES, VOCABULARIES
from draftproof.properties.cases.traces.recorded import names
from draftproof.properties.contracts.sampling.emission import SAMPLE_DRAW, SampleEmission
from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import Argument, Bench, FunctionContract, Work
from draftproof.properties.inputs import sampling as inputs
from draftproof.properties.inputs.rows import ROWS
from draftproof.properties.judges.sampling import judge_sample
from draftproof.properties.laws.sampling.accuracy import ACCURACY
from draftproof.properties.laws.sampling.statistics import STATISTICS
from draftproof.properties.laws.shared.functions import SHARED

OPTIONS = {"rows": "zipf", "uniforms": "float32"}

SAMPLE = FunctionContract(
    name="sample",
    pillar="sampling",
    rule=(
        "Draw one id per row: the smallest t with p(t) > 0 and cdf(t) > u * total. The row is divided by the "
        "sum it has, which float32 need not hold; NaN and infinities count as no mass; a row without mass "
        "gives -1 and DEGENERATE."
    ),
    source="inverse-transform sampling, Devroye 1986, section II.2",
    arguments=(
        Argument(
            "probs",
            ("B", "V"),
            "float32",
            "probabilities, not normalised: any finite numbers, be their sum beyond float32",
        ),
        Argument("uniforms", ("B",), "float32 or float64", "one in [0, 1) per row", domain=(0, 1)),
    ),
    outputs=(
        Argument("tokens", ("B",), "int32", "the drawn ids"),
        Argument("status", ("B",), "int32", "0, or bits: DEGENERATE, NAN_SEEN"),
    ),
    oracle=reference.sample,
    fill=inputs.sample,
    judge=judge_sample,
    sizes={"B": BATCHES, "V": VOCABULARIES},
    options={"rows": (*ROWS, *(f"trace-{name}" for name in names())), "uniforms": ("float32", "float64")},
    keywords=(),
    flags=inputs.SAMPLE_FLAGS,
    dtypes=("float32",),
    laws=(*SHARED, STATISTICS, ACCURACY),
    work=Work(
        bytes=lambda shape, *_: shape["B"] * (4 * shape["V"] + 12),
        flops=lambda shape, *_: shape["B"] * shape["V"],
    ),
    benches=tuple(
        Bench(
            Case("sample", {"B": batch, "V": 128_256}, "float32", OPTIONS, 1),
            target,
            peer,
            "FlashInfer",
        )
        for batch, target, peer in ((1, 5, 35), (8, 7, 37), (64, 16, 40), (256, 50, 69))
    ),
    draw=SAMPLE_DRAW,
    emission=SampleEmission(),
    large=Case("sample", {"B": 32, "V": 128_256}, "float32", {**OPTIONS, "rows": "flat"}),
    corners=(Case("sample", {"B": 32, "V": 4097}, "float32", OPTIONS, flags=frozenset({"unnormalised"})),),
)
