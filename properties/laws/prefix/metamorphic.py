"""Laws that compare a prefix tree with itself: what must not make a difference, whatever is right."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import ObjectContract
from draftproof.properties.core.law import Law
from draftproof.properties.core.subject import Subject
from draftproof.properties.core.verdict import Verdict
from draftproof.properties.lockstep.prefix.judging import MismatchError, judge_slots
from draftproof.properties.lockstep.prefix.script import script
from draftproof.properties.lockstep.prefix.shrink import shrunk
from draftproof.properties.lockstep.prefix.steps import Evict, Insert, Lock, Match, Step, Unlock
from draftproof.properties.lockstep.prefix.trees import (
    Comparison,
    Places,
    Trees,
    comparing,
    matched,
    opened,
    store,
)

Weights = Mapping[type[Step], int]
GROWING: Weights = {Insert: 1, Match: 1}
EVICTING: Weights = {Insert: 30, Match: 25, Lock: 10, Unlock: 5, Evict: 30}


def compare_orders(trees: Trees, page_size: int, steps: list[Step]) -> int:
    """Insert in one order and in the opposite one; every prefix has its own slots, so all answers agree."""
    first, second = trees.new("tree", page_size), trees.new("other", page_size)
    places = Places(page_size)
    inserts = [step for step in steps if isinstance(step, Insert)]
    asked = [step for step in steps if isinstance(step, Insert | Match)]
    for tree, order in ((first, inserts), (second, inserts[::-1])):
        opened(tree, steps)
        for insert in order:
            store(tree, places, insert)
    for step in asked:
        judge_slots(
            f"{first.lines[-1]}, inserted in the opposite order",
            *(matched(tree, step).slots for tree in (first, second)),
        )
    return len(asked)


def compare_repeats(trees: Trees, page_size: int, steps: list[Step]) -> int:
    """Match everything again, at once and after all the other matches."""
    tree, places = trees.new("tree", page_size), Places(page_size)
    opened(tree, steps)
    for step in steps:
        if isinstance(step, Insert):
            store(tree, places, step)
    asked = [step for step in steps if isinstance(step, Insert | Match)]
    answers = []
    for step in asked:
        first = matched(tree, step)
        epoch = tree.read("epoch")
        _same(tree.lines[-1], first, matched(tree, step))
        if tree.read("epoch") != epoch:
            raise MismatchError(f"{tree.lines[-1]}: tree.epoch", str(epoch), tree.read("epoch"))
        answers.append(first)
    for step, first in zip(asked, answers, strict=True):
        _same(tree.lines[-1], first, matched(tree, step))
    return 2 * len(asked)


def compare_pages(trees: Trees, page_size: int, steps: list[Step]) -> int:
    """Do the same with pages of one token: lengths are the same, rounded down to pages."""
    page_size = max(page_size, 2)  # of pages of one token there would be nothing to say
    coarse, fine = trees.new("tree", page_size), trees.new("fine", 1)
    coarse_places, fine_places = Places(page_size), Places(1)
    opened(coarse, steps)
    opened(fine, steps)
    compared = 0
    for step in steps:
        if isinstance(step, Insert):
            lengths = store(fine, fine_places, step), store(coarse, coarse_places, step)
        elif isinstance(step, Match):
            lengths = len(matched(fine, step).slots), len(matched(coarse, step).slots)
        else:
            continue
        compared += 1
        rounded = lengths[0] // page_size * page_size
        if lengths[1] != rounded:
            raise MismatchError(coarse.lines[-1], f"{lengths[0]} rounded down to {rounded}", lengths[1])
    return compared


def compare_evictions(trees: Trees, page_size: int, steps: list[Step]) -> int:
    """Evict in two parts and in one; the same is freed, and just as much as can be."""
    parts, whole = trees.new("parts", page_size), trees.new("tree", page_size)
    places = Places(page_size)
    opened(parts, steps)
    opened(whole, steps)
    nodes: dict[str, tuple[int, int]] = {}
    locked: list[str] = []
    compared = 0
    for step in steps:
        match step:
            case Insert():
                store(parts, places, step)
                store(whole, places, step)
            case Match():
                nodes[step.name] = matched(parts, step).node, matched(whole, step).node
            case Lock() if step.name in nodes:
                locked.append(step.name)
                parts("lock", nodes[step.name][0])
                whole("lock", nodes[step.name][1])
            case Unlock() if step.name in locked:
                locked.remove(step.name)
                parts("unlock", nodes[step.name][0])
                whole("unlock", nodes[step.name][1])
            case Evict():
                pages = -(-step.count // page_size)
                wanted = min(pages * page_size, whole.read("evictable"))
                freed = [parts("evict", count * page_size) for count in (pages // 2, pages - pages // 2)]
                expected = whole("evict", step.count)
                if len(expected) != wanted:
                    raise MismatchError(whole.lines[-1], f"{wanted} slots", len(expected))
                judge_slots(
                    f"{whole.lines[-1]}, evicted in two parts",
                    np.sort(expected),
                    np.sort(np.concatenate(freed)),
                )
                # What is not locked may be gone, its id another node's.
                nodes = {name: node for name, node in nodes.items() if name in locked}
                compared += 1
    return compared


def compare_batch(trees: Trees, page_size: int, steps: list[Step]) -> int:
    """Match everything in one call that changes nothing, then one by one."""
    tree, places = trees.new("tree", page_size), Places(page_size)
    if not hasattr(tree.tree, "match_many"):
        return 0
    opened(tree, steps)
    for step in steps:
        if isinstance(step, Insert):
            store(tree, places, step)
    asked = [step for step in steps if isinstance(step, Insert | Match)]
    for namespace in dict.fromkeys(step.namespace for step in asked):
        group = [step for step in asked if step.namespace == namespace]
        tokens = np.array([token for step in group for token in step.tokens], np.int32)
        offsets = np.cumsum([0, *(len(step.tokens) for step in group)], dtype=np.int64)
        epoch = tree.read("epoch")
        lengths, nodes = tree("match_many", tokens, offsets, namespace=namespace)
        if tree.read("epoch") != epoch:
            raise MismatchError(f"{tree.lines[-1]}: tree.epoch", str(epoch), tree.read("epoch"))
        for r, step in enumerate(group):
            confirmed = tree("confirm", int(nodes[r]), int(lengths[r]), epoch)
            answer = matched(tree, step)
            if lengths[r] != len(answer.slots):
                raise MismatchError(
                    f"{tree.lines[-1]}: length in match_many", str(len(answer.slots)), lengths[r]
                )
            _same(f"{tree.lines[-1]}, confirmed", answer, confirmed)
    return len(asked)


def _same(where: str, first: Any, again: Any) -> None:
    judge_slots(where, first.slots, getattr(again, "slots", None))
    if first.node != again.node:
        raise MismatchError(where, f"node {first.node}", f"node {again.node}")


def checking(
    comparison: Comparison, weights: Weights
) -> Callable[[ObjectContract, Subject[ObjectContract], Case], Verdict]:
    """Return a law's check: the comparison on a case's script, shortened if it fails."""

    def check(contract: ObjectContract, subject: Subject[ObjectContract], case: Case) -> Verdict:
        run = comparing(comparison, subject.implementation, case.shape["P"], case.options["policy"])
        steps = script(case, weights)
        found = run(steps)
        verdict = Verdict(decisions=len(steps))
        if found is not None:
            verdict.findings.append(shrunk(found, run).shown)
        return verdict

    return check


def _law(name: str, sentence: str, comparison: Comparison, weights: Weights = GROWING) -> Law:
    return Law(name, sentence, checking(comparison, weights), devices=("numpy", "cpu", "cuda"), share=0.5)


INSERTION_ORDER = _law(
    "insertion order", "The order of insertions does not change what matches.", compare_orders
)
IDEMPOTENT_MATCH = _law(
    "idempotent match", "Matching again gives the same slots and the same node.", compare_repeats
)
PAGE_ALGEBRA = _law(
    "page algebra",
    "With pages of p tokens a match is as long as with pages of one, rounded down.",
    compare_pages,
)
EVICT_SPLITS = _law(
    "evict splits",
    "evict(a) then evict(b) frees what evict(a + b) frees, and that is a + b or all that is not locked.",
    compare_evictions,
    EVICTING,
)
BATCHED_MATCH = _law(
    "batched match",
    "Matching many requests in one call changes nothing and finds what single matches find.",
    compare_batch,
)
