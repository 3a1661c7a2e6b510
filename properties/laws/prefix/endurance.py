"""The law of long lives: what random scripts hardly meet, beside the oracle."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import ObjectContract
from draftproof.properties.core.law import Law
from draftproof.properties.core.subject import Subject
from draftproof.properties.core.verdict import Verdict
from draftproof.properties.lockstep.executor import find_failure
from draftproof.properties.lockstep.prefix.circumstances import CIRCUMSTANCES, write_circumstance
from draftproof.properties.lockstep.prefix.script import write_script
from draftproof.properties.lockstep.prefix.simplification import simplify_script
from draftproof.properties.lockstep.prefix.steps import Insert
from draftproof.properties.lockstep.prefix.twin import TwinExecutor
from draftproof.properties.lockstep.shrinking import shrink
from draftproof.properties.lockstep.steps import Script

STEPS = 600
"""Of a random script."""
RANDOM = {"small": 2, "standard": 6, "deep": 60}
"""How many random scripts there are beside the written ones."""
POLICIES: dict[str, tuple[str, ...]] = {
    "small": ("",),
    "standard": ("lfu", "priority"),
    "deep": ("lfu", "priority", "lru", "mru", "fifo"),
}
"""The policies of every circumstance; drawn where there is none."""
FEW = (1, 2, 3, 4, 16)
"""Page sizes of the circumstances with most tokens."""
LONG = ("depth", "chain", "lengths", "calls", "nodes")
DEAR = "depth"
"""The circumstance that takes as long as all others: once will do."""


def check_long_lives(contract: ObjectContract, subject: Subject[ObjectContract], case: Case) -> Verdict:
    """Take a long script's steps on the tree and on the oracle; the verdict has a short one that differs."""
    page_size, script = case.shape["P"], _script(case)
    make = partial(
        TwinExecutor,
        subject.implementation,
        contract.oracle,
        page_size,
        case.options["policy"],
        _last_slots(script, page_size) if case.options.get("slots") == "high" else 0,
    )
    verdict = Verdict()
    failure = find_failure(make, script, close=True, verdict=verdict)
    if failure is not None:
        shortest = shrink(failure, partial(find_failure, make), simplify_script)
        verdict.findings.append(shortest.describe())
    return verdict


def _script(case: Case) -> Script:
    script = case.options.get("script", "random")
    if script in CIRCUMSTANCES:
        return list(write_circumstance(script, case.seed, case.shape["P"]))
    return write_script(case)


def _last_slots(script: Script, page_size: int) -> int:
    """Return the first slot with which the script's last insertion gets the last slots of int32."""
    pages = sum(-(-len(step.tokens) // page_size) for step in script if isinstance(step, Insert))
    return (2**31 // page_size - pages) * page_size


def long_lives(contract: ObjectContract, device: str, budget: str, seed: int) -> list[Case]:
    """Return cases of every circumstance and of every page size, and random scripts as the budget allows."""
    rng = np.random.default_rng([seed, 8])
    options, sizes = contract.options, contract.sizes["P"]
    made = []
    for number in range(RANDOM[budget]):
        drawn = {name: str(rng.choice(choices)) for name, choices in options.items()}
        P, flags = int(rng.choice(sizes)), frozenset({"namespaces"} if number % 2 else ())
        made.append(
            Case(contract.name, {"P": P, "steps": STEPS}, "int32", {**drawn, "script": "random"}, 0, flags)
        )
    for turn, script, policy in _lived(budget):
        small = 1 if script in (DEAR, "lengths") and budget != "deep" else len(FEW)
        P = int(rng.choice(FEW[:small] if script in LONG else sizes))
        shown = policy or ("lfu" if script == "hits" else str(rng.choice(options["policy"])))
        chosen = {"policy": shown, "slots": options["slots"][turn % 2], "script": script}
        shape = {"P": P, "steps": len(write_circumstance(script, 0, 1))}
        made.append(Case(contract.name, shape, "int32", chosen))
    for turn, P in enumerate(sizes):
        shape = {"P": P, "steps": len(write_circumstance("namespaces", 0, 1))}
        chosen = {"policy": str(rng.choice(options["policy"])), "slots": options["slots"][turn % 2]}
        made.append(Case(contract.name, shape, "int32", {**chosen, "script": "namespaces"}))
    seeds = rng.integers(1, 2**31, len(made))
    return [
        Case(case.operation, case.shape, case.dtype, case.options, int(number), case.flags)
        for case, number in zip(made, seeds, strict=True)
    ]


def _lived(budget: str) -> Iterator[tuple[int, str, str]]:
    """Yield circumstances and policies, and a turn that differs from one to the next of either."""
    for number, script in enumerate(CIRCUMSTANCES):
        policies = POLICIES[budget][:1] if script == DEAR and budget != "deep" else POLICIES[budget]
        for turn, policy in enumerate(policies, number):
            yield turn, script, policy


LONG_LIVES = Law(
    "long lives",
    "In deep trees, under hundreds of locks and uses, at every length and after many calls, every answer is "
    "the oracle's.",
    check_long_lives,
    devices=("numpy", "cpu", "cuda"),
    cases=long_lives,
)
