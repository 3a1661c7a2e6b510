"""The contract of softmax."""

from draftproof import reference
from draftproof.properties.cases.sizes import BATCHES, VOCABULARIES
from draftproof.properties.cases.traces.recorded import names
from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import Argument, Bench, FunctionContract, Work
from draftproof.properties.inputs import sampling as inputs
from draftproof.properties.judges.sampling import judge_softmax
from draftproof.properties.laws.shared.functions import SHARED

SOFTMAX = FunctionContract(
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
    sizes={"B": BATCHES, "V": VOCABULARIES},
    options={"rows": ("normal", "zipf", "flat", *(f"trace-{name}" for name in names()))},
    keywords=(),
    flags=inputs.SOFTMAX_FLAGS,
    dtypes=("float32", "float16", "bfloat16"),
    laws=SHARED,
    work=Work(
        bytes=lambda shape, *_: shape["B"] * 8 * shape["V"],
        flops=lambda shape, *_: shape["B"] * 4 * shape["V"],
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
