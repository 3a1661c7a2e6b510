"""Laws that compare a prefix tree with itself: what must not make a difference, whatever is right."""

from collections.abc import Callable
from typing import Any

import numpy as np

from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import ObjectContract
from draftproof.properties.core.law import Law
from draftproof.properties.core.subject import Subject
from draftproof.properties.core.verdict import Verdict
from draftproof.properties.lockstep.calls import Joined, RecordedObject
from draftproof.properties.lockstep.comparisons import Instances, run_comparison
from draftproof.properties.lockstep.judging import MismatchError
from draftproof.properties.lockstep.prefix.comparisons import PrefixSlots, insert, match, open_namespaces
from draftproof.properties.lockstep.prefix.recording import judge_slots, record_tree
from draftproof.properties.lockstep.prefix.script import Weights, write_script
from draftproof.properties.lockstep.prefix.simplification import simplify_script
from draftproof.properties.lockstep.prefix.steps import Evict, Insert, Lock, Match, Unlock
from draftproof.properties.lockstep.shrinking import shrink
from draftproof.properties.lockstep.steps import Script

Comparison = Callable[[Instances, int, Script], int]
"""Makes trees of about a page size, takes a script's steps on them; returns how many answers it compared."""
GROWING: Weights = {Insert: 1, Match: 1}
EVICTING: Weights = {Insert: 30, Match: 25, Lock: 10, Unlock: 5, Evict: 30}


def compare_orders(trees: Instances, page_size: int, script: Script) -> int:
    """Insert in one order and in the opposite one; every prefix has its own slots, so all answers agree."""
    first, second = trees.add("tree", page_size), trees.add("other", page_size)
    slots = PrefixSlots(page_size)
    inserts = [step for step in script if isinstance(step, Insert)]
    asked = [step for step in script if isinstance(step, Insert | Match)]
    for tree, order in ((first, inserts), (second, inserts[::-1])):
        open_namespaces(tree, script)
        for insertion in order:
            insert(tree, slots, insertion)
    for step in asked:
        judge_slots(
            Joined(first.last, ", inserted in the opposite order"),
            *(match(tree, step).slots for tree in (first, second)),
        )
    return len(asked)


def compare_repeats(trees: Instances, page_size: int, script: Script) -> int:
    """Match everything again, at once and after all the other matches."""
    tree, slots = trees.add("tree", page_size), PrefixSlots(page_size)
    open_namespaces(tree, script)
    for step in script:
        if isinstance(step, Insert):
            insert(tree, slots, step)
    asked = [step for step in script if isinstance(step, Insert | Match)]
    answers = []
    for step in asked:
        first = match(tree, step)
        epoch = tree.read("epoch")
        _same(tree.last, first, match(tree, step))
        if tree.read("epoch") != epoch:
            raise MismatchError(Joined(tree.last, ": tree.epoch"), str(epoch), tree.read("epoch"))
        answers.append(first)
    for step, first in zip(asked, answers, strict=True):
        _same(tree.last, first, match(tree, step))
    return 2 * len(asked)


def compare_pages(trees: Instances, page_size: int, script: Script) -> int:
    """Do the same with pages of one token: lengths are the same, rounded down to pages."""
    page_size = max(page_size, 2)  # of pages of one token there would be nothing to say
    coarse, fine = trees.add("tree", page_size), trees.add("fine", 1)
    coarse_slots, fine_slots = PrefixSlots(page_size), PrefixSlots(1)
    open_namespaces(coarse, script)
    open_namespaces(fine, script)
    compared = 0
    for step in script:
        if isinstance(step, Insert):
            lengths = insert(fine, fine_slots, step), insert(coarse, coarse_slots, step)
        elif isinstance(step, Match):
            lengths = len(match(fine, step).slots), len(match(coarse, step).slots)
        else:
            continue
        compared += 1
        rounded = lengths[0] // page_size * page_size
        if lengths[1] != rounded:
            raise MismatchError(coarse.last, f"{lengths[0]} rounded down to {rounded}", lengths[1])
    return compared


def compare_evictions(trees: Instances, page_size: int, script: Script) -> int:
    """Evict in two parts and in one; the same is freed, and just as much as can be."""
    parts, whole = trees.add("parts", page_size), trees.add("tree", page_size)
    slots = PrefixSlots(page_size)
    open_namespaces(parts, script)
    open_namespaces(whole, script)
    nodes: dict[str, tuple[int, int]] = {}
    locked: list[str] = []
    compared = 0
    for step in script:
        match step:
            case Insert():
                insert(parts, slots, step)
                insert(whole, slots, step)
            case Match():
                nodes[step.name] = match(parts, step).node, match(whole, step).node
            case Lock() if step.name in nodes:
                locked.append(step.name)
                parts.call("lock", nodes[step.name][0])
                whole.call("lock", nodes[step.name][1])
            case Unlock() if step.name in locked:
                locked.remove(step.name)
                parts.call("unlock", nodes[step.name][0])
                whole.call("unlock", nodes[step.name][1])
            case Evict():
                pages = -(-step.count // page_size)
                wanted = min(pages * page_size, whole.read("evictable"))
                freed = [parts.call("evict", count * page_size) for count in (pages // 2, pages - pages // 2)]
                expected = whole.call("evict", step.count)
                if len(expected) != wanted:
                    raise MismatchError(whole.last, f"{wanted} slots", len(expected))
                judge_slots(
                    Joined(whole.last, ", evicted in two parts"),
                    np.sort(expected),
                    np.sort(np.concatenate(freed)),
                )
                # What is not locked may be gone, its id another node's.
                nodes = {name: node for name, node in nodes.items() if name in locked}
                compared += 1
    return compared


def compare_batch(trees: Instances, page_size: int, script: Script) -> int:
    """Match everything in one call that changes nothing, then one by one."""
    tree, slots = trees.add("tree", page_size), PrefixSlots(page_size)
    if not hasattr(tree.target, "match_many"):
        return 0
    open_namespaces(tree, script)
    for step in script:
        if isinstance(step, Insert):
            insert(tree, slots, step)
    asked = [step for step in script if isinstance(step, Insert | Match)]
    for namespace in dict.fromkeys(step.namespace for step in asked):
        group = [step for step in asked if step.namespace == namespace]
        tokens = np.array([token for step in group for token in step.tokens], np.int32)
        offsets = np.cumsum([0, *(len(step.tokens) for step in group)], dtype=np.int64)
        epoch = tree.read("epoch")
        lengths, nodes = tree.call("match_many", tokens, offsets, namespace=namespace)
        if tree.read("epoch") != epoch:
            raise MismatchError(Joined(tree.last, ": tree.epoch"), str(epoch), tree.read("epoch"))
        for r, step in enumerate(group):
            confirmed = tree.call("confirm", int(nodes[r]), int(lengths[r]), epoch)
            answer = match(tree, step)
            if lengths[r] != len(answer.slots):
                raise MismatchError(
                    Joined(tree.last, ": length in match_many"), str(len(answer.slots)), lengths[r]
                )
            _same(Joined(tree.last, ", confirmed"), answer, confirmed)
    return len(asked)


def _same(where: object, first: Any, again: Any) -> None:
    judge_slots(where, first.slots, getattr(again, "slots", None))
    if first.node != again.node:
        raise MismatchError(where, f"node {first.node}", f"node {again.node}")


def make_check(
    comparison: Comparison, weights: Weights
) -> Callable[[ObjectContract, Subject[ObjectContract], Case], Verdict]:
    """Return a law's check: the comparison on a case's script, shortened if it fails."""

    def check(contract: ObjectContract, subject: Subject[ObjectContract], case: Case) -> Verdict:
        page_size, policy = case.shape["P"], case.options["policy"]

        def make_tree(name: str, size: int) -> RecordedObject:
            return record_tree(subject.implementation, size, policy, name)

        run = run_comparison(lambda trees, script: comparison(trees, page_size, script), make_tree)
        script = write_script(case, weights)
        failure = run(script)
        verdict = Verdict(decisions=len(script))
        if failure is not None:
            verdict.findings.append(shrink(failure, run, simplify_script).describe())
        return verdict

    return check


def _law(name: str, sentence: str, comparison: Comparison, weights: Weights = GROWING) -> Law:
    return Law(name, sentence, make_check(comparison, weights), devices=("numpy", "cpu", "cuda"), share=0.5)


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
