"""Contracts of the sampling operations."""

from draftproof import reference
from draftproof.properties.cases.sizes import VOCABULARIES
from draftproof.properties.cases.traces.recorded import names as traces
from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import Argument, Bench, Contract, Work
from draftproof.properties.inputs import sampling as inputs
from draftproof.properties.inputs.rows import ROWS
from draftproof.properties.judges.sampling import judge_sample, judge_softmax, judge_uniforms
from draftproof.properties.laws.sampling.accuracy import ACCURACY
from draftproof.properties.laws.sampling.statistics import STATISTICS
from draftproof.properties.laws.shared.functions import SHARED

_RECORDED = tuple(f"trace-{name}" for name in traces())
_SAMPLE_OPTIONS = {"rows": "zipf", "uniforms": "float32"}

SAMPLE = Contract(
    name="sample",
    pillar="sampling",
    rule=(
        "Draw one id per row: the smallest t with p(t) > 0 and cdf(t) > u * total. The row is divided by the "
        "sum it has; NaN and infinities count as no mass; a row without mass gives -1 and DEGENERATE."
    ),
    source="inverse-transform sampling, Devroye 1986, section II.2",
    arguments=(
        Argument("probs", ("B", "V"), "float32", "probabilities, not necessarily normalised"),
        Argument("uniforms", ("B",), "float32 or float64", "one in [0, 1) per row"),
    ),
    outputs=(
        Argument("tokens", ("B",), "int32", "the drawn ids"),
        Argument("status", ("B",), "int32", "status bits"),
    ),
    oracle=reference.sample,
    fill=inputs.sample,
    judge=judge_sample,
    sizes={"B": (1, 2, 3, 9), "V": VOCABULARIES},
    options={"rows": (*ROWS, *_RECORDED), "uniforms": ("float32", "float64")},
    keywords=(),
    flags=inputs.SAMPLE_FLAGS,
    dtypes=("float32",),
    laws=(*SHARED, STATISTICS, ACCURACY),
    work=Work(
        bytes=lambda shape, _: shape["B"] * (4 * shape["V"] + 12), flops=lambda shape: shape["B"] * shape["V"]
    ),
    benches=tuple(
        Bench(
            Case("sample", {"B": batch, "V": 128_256}, "float32", _SAMPLE_OPTIONS, 1),
            target,
            peer,
            "FlashInfer",
        )
        for batch, target, peer in ((1, 5, 35), (8, 7, 37), (64, 16, 40), (256, 50, 69))
    ),
    large=Case("sample", {"B": 32, "V": 128_256}, "float32", {**_SAMPLE_OPTIONS, "rows": "flat"}),
)

SOFTMAX = Contract(
    name="softmax",
    pillar="sampling",
    rule=(
        "exp(l - max l) / sum exp(l - max l) for each row. -inf and NaN give exactly 0, +inf logits share "
        "the mass equally, a row without a finite or infinite maximum gives zeros."
    ),
    source="arXiv 1805.02867, equation 2",
    arguments=(Argument("logits", ("B", "V"), "float", "logits"),),
    outputs=(Argument("probs", ("B", "V"), "float32", "probabilities"),),
    oracle=reference.softmax,
    fill=inputs.softmax,
    judge=judge_softmax,
    sizes={"B": (1, 2, 3, 9), "V": VOCABULARIES},
    options={"rows": ("normal", "zipf", "flat", *_RECORDED)},
    keywords=(),
    flags=inputs.SOFTMAX_FLAGS,
    dtypes=("float32", "float16", "bfloat16"),
    laws=SHARED,
    work=Work(
        bytes=lambda shape, _: shape["B"] * 8 * shape["V"], flops=lambda shape: shape["B"] * 4 * shape["V"]
    ),
    benches=tuple(
        Bench(
            Case("softmax", {"B": batch, "V": 128_256}, "float32", {"rows": "normal"}, 1),
            target,
            peer,
            "FlashInfer",
        )
        for batch, target, peer in ((1, 5, 17.8), (8, 7, 19), (64, 26, 50), (256, 95, 145))
    ),
    large=Case("softmax", {"B": 32, "V": 128_256}, "float32", {"rows": "normal"}),
)

UNIFORMS = Contract(
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
    sizes={"B": (1, 2, 33), "count": (0, 1, 3, 4, 5, 64, 129)},
    options={},
    keywords=("count",),
    flags=("wrapping_offsets",),
    dtypes=("float32",),
    laws=SHARED,
    work=Work(
        bytes=lambda shape, _: shape["B"] * (16 + 4 * shape["count"]),
        flops=lambda shape: shape["B"] * shape["count"] * 30,
    ),
    benches=tuple(
        Bench(Case("uniforms", {"B": batch, "count": 5}, "float32", {}, 1)) for batch in (1, 64, 256)
    ),
)
