"""Laws of a prefix tree beside its model: every answer is the model's, and a refused call changes nothing."""

from dataclasses import replace

from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import ObjectContract
from draftproof.properties.core.law import Law
from draftproof.properties.core.subject import Subject
from draftproof.properties.core.verdict import Verdict
from draftproof.properties.laws.prefix.epochs import EPOCHS
from draftproof.properties.laws.prefix.metamorphic import (
    BATCHED_MATCH,
    EVICT_SPLITS,
    IDEMPOTENT_MATCH,
    INSERTION_ORDER,
    PAGE_ALGEBRA,
)
from draftproof.properties.lockstep.prefix.run import failure
from draftproof.properties.lockstep.prefix.script import script
from draftproof.properties.lockstep.prefix.shrink import Failure, shrunk
from draftproof.properties.lockstep.prefix.steps import Bad, Step


def check_model(contract: ObjectContract, subject: Subject[ObjectContract], case: Case) -> Verdict:
    """Take a script's steps on the tree and on the model; the verdict has the shortest that differs."""
    verdict = Verdict()
    page_size, policy = case.shape["P"], case.options["policy"]

    def run(steps: list[Step]) -> Failure | None:
        return failure(subject.implementation, page_size, policy, steps)

    found = failure(subject.implementation, page_size, policy, script(case), close=True, verdict=verdict)
    if found is not None:
        verdict.findings.append(shrunk(found, run).shown)
    return verdict


def check_failed_call(contract: ObjectContract, subject: Subject[ObjectContract], case: Case) -> Verdict:
    """Put calls that must be refused between a script's steps; nothing is wrong that was right without."""
    verdict = Verdict()
    page_size, policy = case.shape["P"], case.options["policy"]

    def run(steps: list[Step], close: bool = False) -> Failure | None:
        found = failure(subject.implementation, page_size, policy, steps, close=close, verdict=verdict)
        if found is None:
            return None
        good = [step for step in found.script if not isinstance(step, Bad)]
        return None if failure(subject.implementation, page_size, policy, good) else found

    found = run(script(replace(case, flags=case.flags | {"bad_calls"})), close=True)
    if found is not None:
        verdict.findings.append(shrunk(found, run).shown)
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
    MODEL,
    INSERTION_ORDER,
    IDEMPOTENT_MATCH,
    PAGE_ALGEBRA,
    EVICT_SPLITS,
    FAILED_CALL,
    EPOCHS,
    BATCHED_MATCH,
)
"""Everything that must hold for a prefix tree."""
