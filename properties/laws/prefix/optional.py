"""Laws of what a prefix tree may offer beyond its contract: namespaces that close, memory that is given back.

The contract asks for neither: a tree without the methods is not judged by them.
"""

from copy import deepcopy
from typing import Any

import numpy as np

from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import ObjectContract
from draftproof.properties.core.law import Law
from draftproof.properties.core.subject import Subject
from draftproof.properties.core.verdict import Verdict

PAGES = 6
"""Pages of a sequence."""
SEQUENCES = 12
"""Sequences of a namespace."""
PEAK = 400
"""Sequences of the peak that is given back."""
SPARE = 8192
"""Bytes that a tree after a peak may hold beyond twice what one that never had it holds."""


def _sequences(rng: np.random.Generator, count: int, page_size: int) -> np.ndarray:
    """Return int32 [count, PAGES * page_size] that share prefixes with each other."""
    sequences = rng.integers(0, 2, (count, PAGES, page_size), np.int32)
    # The first half of every other sequence is that of the first.
    sequences[::2, : PAGES // 2] = sequences[0, : PAGES // 2]
    flat: np.ndarray = sequences.reshape(count, -1)
    return flat


def check_close(contract: ObjectContract, subject: Subject[ObjectContract], case: Case) -> Verdict:
    """Fill two namespaces with the same requests, close one, look at both, open it again."""
    verdict, page_size = Verdict(), case.shape["P"]
    tree = subject.implementation(page_size, case.options["policy"])
    asked = _sequences(np.random.default_rng(case.seed), SEQUENCES, page_size)
    held: dict[str | None, set[int]] = {}
    for turn, name in enumerate(("left", "closed")):
        nodes = tree.nodes
        tree.open(name)
        held[name] = set()
        for number, tokens in enumerate(asked):
            first = (turn * SEQUENCES + number) * len(tokens)
            present = tree.insert(
                tokens, np.arange(first, first + len(tokens), dtype=np.int32), namespace=name
            )
            held[name] |= set(range(first + present, first + len(tokens)))
    before = [tree.match(tokens, namespace="left").slots.tolist() for tokens in asked]
    if not hasattr(tree, "close"):
        verdict.decisions += 1
        return verdict
    node = tree.match(asked[0], namespace="closed").node
    tree.lock(node)
    verdict.expect(_refuses(tree, "closed"), "close while a request runs", "ValueError", "no error")
    if verdict.findings:
        return verdict
    tree.unlock(node)
    verdict.expect(_refuses(tree, None), "close of None", "ValueError: it stays open", "no error")
    _judge_copy(verdict, tree, asked[0])
    epoch = tree.epoch
    given = tree.close("closed")
    freed = given.tolist()
    verdict.expect(tree.epoch == epoch + 1, "the epoch after close", str(epoch + 1), tree.epoch)
    verdict.expect(tree.nodes == nodes, "the nodes after close", str(nodes), tree.nodes)
    verdict.expect(str(given.dtype) == "int32", "what close returns", "int32", given.dtype)
    verdict.expect(
        sorted(freed) == sorted(held["closed"]),
        "close",
        f"the {len(held['closed'])} slots of the namespace, each once",
        f"{len(freed)} slots, {len(set(freed) & held['closed'])} of them its own",
    )
    if verdict.findings:
        return verdict
    if hasattr(tree, "tokens"):
        verdict.expect(len(tree.tokens()) == tree.cached, "tokens", f"{tree.cached} of them", "others")
    after = [tree.match(tokens, namespace="left").slots.tolist() for tokens in asked]
    verdict.expect(after == before, "the other namespace", "what it was", "other slots")
    verdict.expect(_refuses(tree, "closed"), "close again", "ValueError: not open", "no error")
    tree.open("closed")
    found = len(tree.match(asked[0], namespace="closed").slots)
    verdict.expect(found == 0, "a match after opening it again", "0 tokens", f"{found} tokens")
    tree.insert(asked[0], np.sort(np.array(freed[: asked.shape[1]], np.int32)), namespace="closed")
    last = set(tree.evict(2 * asked.size).tolist())
    verdict.expect(
        last == held["left"] | set(freed[: asked.shape[1]]),
        "the last eviction",
        "all slots that are held",
        f"{len(last)} slots",
    )
    return verdict


def _judge_copy(verdict: Verdict, tree: Any, tokens: np.ndarray) -> None:
    """Judge that a copy, if there can be one, is a tree of its own with the same in it."""
    try:
        copy = deepcopy(tree)
    except TypeError:
        return
    before, cached = tree.epoch, tree.cached
    same = copy.match(tokens, namespace="left").slots.tolist()
    verdict.expect(
        same == tree.match(tokens, namespace="left").slots.tolist() and copy.cached == cached,
        "a copy",
        "the slots of the tree",
        same,
    )
    copy.evict(cached)
    kept = tree.cached == cached and tree.epoch == before
    verdict.expect(kept, "the tree after an eviction from its copy", "what it was", f"{tree.cached} tokens")


def _refuses(tree: Any, namespace: str | None) -> bool:
    try:
        tree.close(namespace)
    except ValueError:
        return True
    return False


def check_released(contract: ObjectContract, subject: Subject[ObjectContract], case: Case) -> Verdict:
    """Hold a tree after a peak beside one that never had it."""
    verdict, page_size = Verdict(), case.shape["P"]
    rng = np.random.default_rng(case.seed)
    asked = rng.integers(0, 2**31 - 1, (PEAK, PAGES * page_size), np.int32)
    slots = np.arange(asked.size, dtype=np.int32).reshape(asked.shape)
    trees = [subject.implementation(page_size, case.options["policy"]) for _ in range(2)]
    tree, other = trees
    for each in trees:
        each.insert(asked[0], slots[0])
    node = tree.match(asked[0]).node
    tree.lock(node)
    for _ in range(2):
        for tokens, own in zip(asked[1:], slots[1:], strict=True):
            tree.insert(tokens, own)
        tree.evict(asked.size)
        if hasattr(tree, "release"):
            tree.release()
        kept = tree.match(asked[0]).slots.tolist()
        verdict.expect(kept == slots[0].tolist(), "what was locked", "the slots it had", f"{len(kept)} slots")
    tree.unlock(node)
    if hasattr(tree, "release") and hasattr(tree, "nbytes"):
        allowed = 2 * other.nbytes + SPARE
        verdict.expect(
            tree.nbytes <= allowed, "nbytes after release", f"at most {allowed} bytes", f"{tree.nbytes} bytes"
        )
    if hasattr(tree, "nbytes"):
        far = subject.implementation(page_size, case.options["policy"])
        end = 2**31 // page_size * page_size
        far.insert(asked[0, :page_size], np.arange(end - page_size, end, dtype=np.int64).astype(np.int32))
        allowed = 2 * other.nbytes + 2 * SPARE
        verdict.expect(
            far.nbytes <= allowed, "nbytes with the last page of int32", f"at most {allowed}", f"{far.nbytes}"
        )
    return verdict


def optional_cases(contract: ObjectContract, device: str, budget: str, seed: int) -> list[Case]:
    """Return a case of three page sizes."""
    policies = contract.options["policy"]
    chosen = [policies[(seed + turn) % len(policies)] for turn in range(3)]
    return [
        Case(contract.name, {"P": P, "steps": 20}, "int32", {"policy": policy}, seed)
        for P, policy in zip((1, 4, 64), chosen, strict=True)
    ]


CLOSED_NAMESPACE = Law(
    "closed namespace",
    "If a tree can close a namespace: all of its slots are freed, each once, the others keep theirs, and a "
    "namespace with a locked node is refused.",
    check_close,
    devices=("numpy", "cpu", "cuda"),
    cases=optional_cases,
)
MEMORY_RELEASED = Law(
    "memory released",
    "If a tree can release memory: after a peak it holds at most twice what a tree without that peak holds, "
    "and 8 KB; one page at the end of int32 takes no more than 16 KB.",
    check_released,
    devices=("numpy", "cpu", "cuda"),
    cases=optional_cases,
)
