"""The law of stale matches: what was read earlier is refused, or still true, and stays so once locked."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from draftproof.properties.core.law import Law
from draftproof.properties.inputs.forms import arrange
from draftproof.properties.laws.prefix.metamorphic import make_check
from draftproof.properties.lockstep.calls import RaisedError, RecordedObject
from draftproof.properties.lockstep.comparisons import Instances
from draftproof.properties.lockstep.judging import MismatchError
from draftproof.properties.lockstep.notation import format_numbers
from draftproof.properties.lockstep.prefix.comparisons import open_namespaces
from draftproof.properties.lockstep.prefix.recording import judge_slots
from draftproof.properties.lockstep.prefix.script import Weights
from draftproof.properties.lockstep.prefix.steps import (
    Confirm,
    Evict,
    Insert,
    Lock,
    Match,
    Read,
    Tokens,
    Unlock,
)
from draftproof.properties.lockstep.steps import Script

STALE: Weights = {Insert: 20, Match: 8, Evict: 24, Read: 20, Confirm: 16, Lock: 8, Unlock: 4}
"""Steps under which much of what was read goes stale."""


@dataclass(slots=True)
class Claim:
    """What somebody read of the tree, and believes until told otherwise."""

    node: int
    epoch: int
    slots: tuple[int, ...]
    locks: int = 0


class Reader:
    """Reads a tree as a device does, lets time pass, then confirms and locks what it read."""

    def __init__(self, tree: RecordedObject, page_size: int) -> None:
        self.tree, self.page_size = tree, page_size
        self.claims: dict[str, Claim] = {}
        self.cached: dict[tuple[Any, Tokens], tuple[int, ...]] = {}
        """The slots of each cached page, by the prefix that ends with it."""
        self.allocated = 0
        """Slots handed out so far: none is ever used again, so a freed slot is known for ever."""

    def insert(self, step: Insert) -> None:
        """Insert under new slots."""
        size, whole = self.page_size, len(step.tokens) // self.page_size * self.page_size
        slots = np.arange(self.allocated, self.allocated + len(step.tokens), dtype=np.int32)
        self.allocated += -(-len(step.tokens) // size) * size
        present = self.tree.call(
            "insert", arrange(step.tokens, step.form), slots, namespace=step.namespace, priority=step.priority
        )
        for begin in range(present, whole, size):
            page = tuple(slots[begin : begin + size].tolist())
            self.cached[step.namespace, step.tokens[: begin + size]] = page

    def read(self, step: Read | Match) -> None:
        """Note a node, a length and the epoch; the slots are those that the tree has there now."""
        tree, tokens = self.tree, step.tokens
        if isinstance(step, Read) and hasattr(tree.target, "match_many"):
            asked, offsets = arrange(tokens, step.form), np.array([0, len(tokens)], np.int64)
            lengths, nodes = tree.call("match_many", asked, offsets, namespace=step.namespace)
            length, node = int(lengths[0]), int(nodes[0])
        else:
            answer = tree.call("match", arrange(tokens, step.form), namespace=step.namespace)
            length, node = len(answer.slots), answer.node
        ends = range(self.page_size, length + 1, self.page_size)
        pages = [self.cached.get((step.namespace, tokens[:end])) for end in ends]
        if None in pages:
            raise MismatchError(tree.last, "a cached prefix", f"{length} tokens")
        slots = tuple(slot for page in pages if page is not None for slot in page)
        self.claims[step.name] = Claim(node, tree.read("epoch"), slots)

    def confirm(self, step: Confirm) -> None:
        """Ask whether a claim still holds; an answer must be the slots that were read, none of them freed."""
        claim = self.claims.get(step.of)
        if claim is None:
            return
        answer = self._accepted(claim, "confirm", claim.node, len(claim.slots), claim.epoch)
        if answer is not None:
            judge_slots(self.tree.last, np.array(claim.slots, np.int32), answer.slots)
            self.claims[step.name] = Claim(answer.node, self.tree.read("epoch"), claim.slots)

    def lock(self, step: Lock) -> None:
        """Lock a claim's node as it was seen."""
        claim = self.claims.get(step.name)
        if claim is not None and self._accepted(claim, "lock", claim.node, epoch=claim.epoch) is not None:
            claim.locks += 1

    def unlock(self, step: Unlock) -> None:
        """Undo a lock."""
        claim = self.claims.get(step.name)
        if claim is not None and claim.locks:
            claim.locks -= 1
            self.tree.call("unlock", claim.node)

    def evict(self, count: int) -> None:
        """Evict; nothing that a locked claim covers may go."""
        freed = set(self.tree.call("evict", count).tolist())
        kept = {slot for claim in self.claims.values() if claim.locks for slot in claim.slots}
        if freed & kept:
            raise MismatchError(
                self.tree.last, "no slot of a locked match", format_numbers(sorted(freed & kept))
            )
        self.cached = {prefix: page for prefix, page in self.cached.items() if not freed & set(page)}

    def _accepted(self, claim: Claim, method: str, *arguments: int, **keywords: int) -> Any:
        """Return the answer of a call that may be refused as stale, None if it was.

        ``lock`` answers with nothing: True then.
        """
        try:
            answer = self.tree.call(method, *arguments, **keywords)
        except RaisedError as raised:
            if type(raised.error).__name__ != "StaleMatchError":
                raise
            if self.tree.read("epoch") == claim.epoch:
                raise MismatchError(
                    raised.line, "no error: nothing has changed since", "StaleMatchError"
                ) from raised
            return None
        gone = set(claim.slots) - {slot for page in self.cached.values() for slot in page}
        if gone:
            freed = f"acceptance, though slots {format_numbers(sorted(gone))} have been freed"
            raise MismatchError(self.tree.last, "StaleMatchError", freed)
        return True if answer is None else answer


def compare_epochs(trees: Instances, page_size: int, script: Script) -> int:
    """Let a reader take the steps, then evict all that can be evicted."""
    tree = trees.add("tree", page_size)
    open_namespaces(tree, script)
    reader = Reader(tree, page_size)
    taken: dict[type, Callable[[Any], None]] = {
        Insert: reader.insert,
        Read: reader.read,
        Match: reader.read,
        Confirm: reader.confirm,
        Lock: reader.lock,
        Unlock: reader.unlock,
        Evict: lambda step: reader.evict(step.count),
    }
    for step in script:
        if type(step) in taken:
            taken[type(step)](step)
    if reader.allocated:
        reader.evict(reader.allocated)
    return len(script)


EPOCHS = Law(
    "epochs",
    "A match read at an earlier epoch is refused as stale, or its slots are still those that were read; "
    "none of them is freed from its lock to its unlock.",
    make_check(compare_epochs, STALE),
    devices=("numpy", "cpu", "cuda"),
    share=0.5,
)
