"""The kinds of thing under contract, each with a small one of its own: what is wrong with it is found."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from draftproof.properties.cases.plan import cases, plan
from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import (
    Argument,
    Arrays,
    CompilerContract,
    FunctionContract,
    ObjectContract,
    Work,
)
from draftproof.properties.core.law import Law
from draftproof.properties.core.subject import FunctionSubject, Subject, WrongSignatureError
from draftproof.properties.core.verdict import Verdict
from draftproof.properties.judges.equality import judge_equal, required
from draftproof.properties.laws.shared.admissible import ADMISSIBLE
from draftproof.properties.laws.shared.compilers import COMPILED
from draftproof.properties.laws.shared.functions import SHARED
from draftproof.properties.laws.shared.layouts import LAYOUT
from draftproof.properties.laws.shared.memory import FULLY_WRITTEN, INPUTS_UNCHANGED, RED_ZONES
from draftproof.properties.laws.shared.rows import ROWS_INDEPENDENT

# A function that writes into its argument, in bfloat16, with packed words and a length that data decide.


def _fill(case: Case) -> Arrays:
    rng = np.random.default_rng(case.seed)
    B, V = case.shape["B"], case.shape["V"]
    # Small integers are exact in bfloat16, and so are their doubles.
    logits = rng.integers(-60, 60, (B, V)).astype(np.float32)
    return {"logits": logits, "masks": rng.integers(0, 2**31, (B, -(-V // 32)), np.int32)}


def _wanted(inputs: Arrays) -> dict[str, np.ndarray]:
    logits, masks = required(inputs, "logits"), required(inputs, "masks")
    places = np.arange(logits.shape[1])
    allowed = masks[:, places // 32] >> places % 32 & 1 == 1
    longest = int(allowed.sum(1).max(initial=0))
    packed = np.full((len(logits), longest), -1, np.int32)
    for row, ids in enumerate(allowed):
        packed[row, : ids.sum()] = np.flatnonzero(ids)
    return {"logits": np.where(allowed, 2 * logits, logits).astype(np.float32), "ids": packed}


def _judge(inputs: Arrays, keywords: dict[str, Any], results: Arrays) -> Verdict:
    return judge_equal(results, _wanted(inputs))


DOUBLE = FunctionContract(
    name="double_allowed_inplace",
    pillar="primitives",
    rule="Doubles the allowed logits where they lie and returns their ids.",
    source="a test",
    arguments=(
        Argument("logits", ("B", "V"), "float", "logits", mutated=True),
        Argument("masks", ("B", "V/32"), "int32", "bits"),
    ),
    outputs=(Argument("ids", ("B", "D?"), "int32", "the allowed ids, then -1"),),
    oracle=lambda: None,
    fill=_fill,
    judge=_judge,
    sizes={"B": (1, 2, 5), "V": (1, 31, 33, 70)},
    options={},
    keywords=(),
    flags=(),
    dtypes=("bfloat16", "float32"),
    laws=SHARED,
    work=Work(bytes=lambda shape, inputs, outputs: 4.0 * shape["B"] * shape["V"]),
)


def double_allowed_inplace(logits: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
    """Do it right."""
    wanted = _wanted({"logits": logits.float().numpy(), "masks": masks.numpy()})
    logits.copy_(torch.from_numpy(wanted["logits"]))
    return torch.from_numpy(wanted["ids"])


def _on_a_copy(logits: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
    return double_allowed_inplace(logits.clone(), masks)


def _without_strides(logits: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
    flat = logits.as_strided(logits.shape, (logits.shape[1], 1), logits.storage_offset())
    return double_allowed_inplace(flat, masks)


def _writes_behind(logits: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
    ids = double_allowed_inplace(logits, masks)
    if logits.untyped_storage().nbytes() > logits.nbytes:  # the guard zone of a guarded input
        logits.as_strided((1,), (1,), logits.storage_offset() + logits.numel()).zero_()
    return ids


def _writes_the_masks(logits: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
    ids = double_allowed_inplace(logits, masks)
    masks.zero_()
    return ids


def _sees_the_batch(logits: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
    ids = double_allowed_inplace(logits, masks)
    logits += len(logits) % 2
    return ids


def judged(implementation: Callable[..., Any], law: Law) -> Verdict:
    subject, total = FunctionSubject(DOUBLE, implementation, "cpu"), Verdict()
    for case in (law.cases or cases)(DOUBLE, "cpu", "small", 0):
        total.absorb(law.check(DOUBLE, subject, case))
    return total


# The number of ids is the batch's own: rows of another batch are padded otherwise.
HELD = [law for law in SHARED if "cpu" in law.devices and law is not ROWS_INDEPENDENT]


@pytest.mark.parametrize("law", HELD, ids=lambda law: law.name)
def test_an_operation_in_place_is_held_to_every_law(law: Law) -> None:
    verdict = judged(double_allowed_inplace, law)
    assert verdict.passed, verdict.findings[:2]
    assert verdict.decisions


@pytest.mark.parametrize(
    ("wrong", "law"),
    [
        (_on_a_copy, ADMISSIBLE),
        (_without_strides, LAYOUT),
        (_writes_behind, RED_ZONES),
        (_writes_the_masks, INPUTS_UNCHANGED),
        (_sees_the_batch, ADMISSIBLE),
    ],
)
def test_what_is_wrong_in_place_is_found(wrong: Callable[..., Any], law: Law) -> None:
    assert not judged(wrong, law).passed


def test_an_output_left_as_it_was_is_found() -> None:
    def unwritten(logits: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
        ids = double_allowed_inplace(logits, masks)
        empty = torch.empty(ids.shape, dtype=torch.int32)
        return torch.where(ids < 0, empty, ids)

    assert not judged(unwritten, FULLY_WRITTEN).passed


@pytest.mark.parametrize("dtype", ["bfloat16", "float32"])
def test_outputs_are_judged_in_the_dtype_of_the_case(dtype: str) -> None:
    case = Case(DOUBLE.name, {"B": 2, "V": 33}, dtype)

    def widened(logits: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
        return logits

    contract = replace(
        DOUBLE,
        arguments=(replace(DOUBLE.arguments[0], mutated=False), DOUBLE.arguments[1]),
        outputs=(Argument("logits", ("B", "V"), "float", "as they were"),),
    )
    subject = FunctionSubject(contract, widened, "cpu")
    found = subject(DOUBLE.fill(case), {}, case.shape, dtype)["logits"]
    np.testing.assert_array_equal(found, DOUBLE.fill(case)["logits"])
    wrong = FunctionSubject(contract, lambda logits, masks: logits.half(), "cpu")
    with pytest.raises(WrongSignatureError, match=rf"logits as {dtype} \[2, 33\], got float16 \[2, 33\]"):
        wrong(DOUBLE.fill(case), {}, case.shape, dtype)
    narrow = FunctionSubject(contract, lambda logits, masks: logits[:, :-1], "cpu")
    with pytest.raises(WrongSignatureError, match=rf"{dtype} \[2, 33\], got {dtype} \[2, 32\]"):
        narrow(DOUBLE.fill(case), {}, case.shape, dtype)


# A compiler: sums of numbers.


def _write(case: Case) -> str:
    rng = np.random.default_rng(case.seed)
    most = 10**6 if "large_terms" in case.flags else 100
    text = "+".join(str(number) for number in rng.integers(0, most, case.shape["terms"]))
    return text + "+" if "open_end" in case.flags else text


def evaluate(text: str) -> int:
    """Compile a sum; ValueError for one that ends in its sign."""
    return sum(int(term) for term in text.split("+"))


def _judge_sum(text: str, keywords: dict[str, Any], value: Any) -> Verdict:
    verdict = Verdict()
    if text.endswith("+"):
        verdict.expect(isinstance(value, ValueError), text, "a refusal", value)
    else:
        verdict.expect(value == evaluate(text), text, str(evaluate(text)), value)
    return verdict


SUM = CompilerContract(
    name="compile_sum",
    pillar="grammar",
    rule="The sum of the numbers between the signs.",
    source="a test",
    oracle=evaluate,
    sizes={"terms": (1, 2, 9)},
    options={},
    flags=("open_end", "large_terms"),
    dtypes=("text",),
    laws=(COMPILED,),
    write=_write,
    judge=_judge_sum,
    length="terms",
)


def compiled(implementation: Callable[..., Any]) -> list[Verdict]:
    subject = Subject(SUM, implementation, "numpy")
    return [check.law.check(SUM, subject, check.case) for check in plan(SUM, "numpy", "small", 0)]


def test_a_compiler_is_judged_by_value_and_refusal() -> None:
    assert all(verdict.passed for verdict in compiled(evaluate))
    assert not all(verdict.passed for verdict in compiled(lambda text: evaluate(text) % 256))
    assert not all(verdict.passed for verdict in compiled(lambda text: evaluate(text.rstrip("+"))))


def test_a_compiler_that_fails_otherwise_is_in_error() -> None:
    def careless(text: str) -> int:
        return evaluate(text) // (not text.endswith("+"))

    def crashing(text: str) -> int:
        if text.endswith("+"):
            raise KeyError(text)
        return careless(text)

    with pytest.raises(KeyError):
        compiled(crashing)


def test_a_contract_without_an_array_has_every_value_in_its_cases() -> None:
    generated = cases(DOUBLE, "cpu", "small", 0)
    for axis, sizes in DOUBLE.sizes.items():
        assert {case.shape[axis] for case in generated} >= {*sizes}
    assert {case.dtype for case in generated} == {*DOUBLE.dtypes}
    assert frozenset().union(*(case.flags for case in cases(SUM, "numpy", "small", 0))) == {*SUM.flags}


def test_kinds_share_no_stubs() -> None:
    for kind, alien in (
        (FunctionContract, "methods"),
        (ObjectContract, "fill"),
        (ObjectContract, "judge"),
        (CompilerContract, "arguments"),
    ):
        assert not hasattr(kind, alien)
        assert alien not in kind.__dataclass_fields__
