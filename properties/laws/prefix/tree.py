"""Laws of a prefix tree beside its model: every answer is the model's, and a refused call changes nothing."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import ObjectContract
from draftproof.properties.core.law import Law
from draftproof.properties.core.subject import Subject
from draftproof.properties.core.verdict import Verdict
from draftproof.properties.laws.prefix.endurance import LONG_LIVES
from draftproof.properties.laws.prefix.epochs import EPOCHS
from draftproof.properties.laws.prefix.metamorphic import (
    BATCHED_MATCH,
    EVICT_SPLITS,
    IDEMPOTENT_MATCH,
    INSERTION_ORDER,
    PAGE_ALGEBRA,
)
from draftproof.properties.laws.prefix.optional import CLOSED_NAMESPACE, MEMORY_RELEASED
from draftproof.properties.laws.prefix.resources import COST, MEMORY_KEPT
from draftproof.properties.lockstep.executor import find_failure
from draftproof.properties.lockstep.prefix.executor import TreeExecutor
from draftproof.properties.lockstep.prefix.script import write_script
from draftproof.properties.lockstep.prefix.simplification import simplify_script
from draftproof.properties.lockstep.refusals import needs_bad_calls
from draftproof.properties.lockstep.shrinking import Failure, shrink
from draftproof.properties.lockstep.steps import Script


def executor_of(subject: Subject[ObjectContract], case: Case) -> Callable[[], TreeExecutor]:
    """Return what makes a case's executor of the subject's trees."""
    return partial(
        TreeExecutor,
        subject.implementation,
        case.shape["P"],
        case.options["policy"],
        high=case.options.get("slots") == "high",
        overwrite="overwritten" in case.flags,
    )


def check_model(contract: ObjectContract, subject: Subject[ObjectContract], case: Case) -> Verdict:
    """Take a script's steps on the tree and on the model; the verdict has the shortest that differs."""
    verdict = Verdict()
    make = executor_of(subject, case)
    failure = find_failure(make, write_script(case), close=True, verdict=verdict)
    if failure is not None:
        shortest = shrink(failure, partial(find_failure, make), simplify_script)
        verdict.findings.append(shortest.describe())
    return verdict


def check_failed_call(contract: ObjectContract, subject: Subject[ObjectContract], case: Case) -> Verdict:
    """Put calls that must be refused between a script's steps; nothing is wrong that was right without."""
    verdict = Verdict()
    make = executor_of(subject, case)

    def run(script: Script, close: bool = False) -> Failure | None:
        failure = find_failure(make, script, close=close, verdict=verdict)
        return failure if failure is not None and needs_bad_calls(failure, make) else None

    failure = run(write_script(replace(case, flags=case.flags | {"bad_calls"})), close=True)
    if failure is not None:
        verdict.findings.append(shrink(failure, run, simplify_script).describe())
    return verdict


MODEL = Law(
    "model",
    "After every call the answer, the sizes and the place of every slot are those of a plain dictionary of "
    "prefixes.",
    check_model,
    devices=("numpy", "cpu", "cuda"),
)
FAILED_CALL = Law(
    "failed call",
    "A bad call raises an error that names the method and the argument, and changes nothing.",
    check_failed_call,
    devices=("numpy", "cpu", "cuda"),
    share=0.5,
)
TREE_LAWS = (
    LONG_LIVES,
    MODEL,
    INSERTION_ORDER,
    IDEMPOTENT_MATCH,
    PAGE_ALGEBRA,
    EVICT_SPLITS,
    FAILED_CALL,
    EPOCHS,
    BATCHED_MATCH,
    COST,
    MEMORY_KEPT,
    CLOSED_NAMESPACE,
    MEMORY_RELEASED,
)
"""Everything that must hold for a prefix tree."""
