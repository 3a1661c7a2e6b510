"""A tree beside the oracle: for lives too long, and trees too deep, to be searched by brute force."""

from collections.abc import Callable
from typing import Any

import numpy as np

from draftproof.properties.inputs.forms import arrange
from draftproof.properties.lockstep.calls import Joined, RaisedError
from draftproof.properties.lockstep.executor import Executor
from draftproof.properties.lockstep.judging import MismatchError, judge_value
from draftproof.properties.lockstep.prefix.checked_tree import SIZES, keywords_of
from draftproof.properties.lockstep.prefix.handle import Handle
from draftproof.properties.lockstep.prefix.recording import judge_slots, record_tree
from draftproof.properties.lockstep.prefix.steps import (
    Confirm,
    Evict,
    Insert,
    Lock,
    Match,
    Namespace,
    Open,
    Read,
    Tokens,
    Unlock,
)
from draftproof.properties.lockstep.steps import Script, Step

DEAR, LARGE = ("locked", "evictable"), 64
"""Sizes for which a tree may count its nodes, and how many make it too dear for every step."""


class TwinExecutor(Executor):
    """A tree under judgement, driven step by step beside an oracle of the same interface.

    Slots are new with every insertion: there is no pool. What the oracle refuses must be refused.

    Parameters
    ----------
    tree_class, oracle_class
        Called with the page size and the policy.
    page_size, policy
        Of both trees.
    first_slot
        Of the first insertion; a multiple of the page size.
    """

    def __init__(
        self,
        tree_class: Callable[..., Any],
        oracle_class: Callable[..., Any],
        page_size: int = 1,
        policy: str = "lru",
        first_slot: int = 0,
    ) -> None:
        super().__init__(record_tree(tree_class, page_size, policy))
        self.oracle = oracle_class(page_size, policy)
        self.page_size, self.next = page_size, first_slot
        self.handles: dict[str, Handle] = {}
        self.opened: list[Namespace] = [None]
        self.refused, self.looked = False, 0
        self.names: dict[int, tuple[Any, int]] = {}
        """What the tree calls each of the oracle's nodes, and the node itself: its id may be given anew."""
        self.takers: dict[type[Step], Callable[[Any], None]] = {
            Open: self._open,
            Insert: self._insert,
            Match: self._match,
            Read: self._read,
            Confirm: self._confirm,
            Lock: self._lock,
            Unlock: self._unlock,
            Evict: self._evict,
        }

    def take(self, step: Step) -> None:
        """Take a step on both; steps of requests are passed over."""
        taker = self.takers.get(type(step))
        if taker is not None and getattr(step, "namespace", None) in (*self.opened, *_opens(step)):
            taker(step)

    def judge_state(self) -> int:
        """Compare the sizes, and return how many; of a large tree not all after each step."""
        self.looked += 1
        whole = self.oracle.nodes < LARGE or self.looked % LARGE == 0
        sizes = SIZES if whole else tuple(size for size in SIZES if size not in DEAR)
        for size in sizes:
            judge_value(f"tree.{size}", getattr(self.oracle, size), self.recorded.read(size))
        return len(sizes)

    def closing(self) -> Script:
        """Return steps that unlock everything and evict it in two parts."""
        unlocks = [Unlock(name) for name, handle in self.handles.items() for _ in range(handle.locks)]
        return [Evict(self.oracle.evictable // 2), *unlocks, Evict(2**31 - 1)]

    def _open(self, step: Open) -> None:
        node, got = self._both("open", (step.namespace,), (step.namespace,))
        self.opened.append(step.namespace)
        self._judge_node(node, got)

    def _insert(self, step: Insert) -> None:
        size = len(step.tokens)
        slots = np.arange(self.next, self.next + size, dtype=np.int64)
        self.next += -(-size // self.page_size) * self.page_size
        keywords = keywords_of(step.namespace) | ({"priority": step.priority} if step.priority else {})
        given = arrange(step.tokens, step.form), arrange(slots, step.form)
        plain = np.array(step.tokens, np.int64), slots
        present, got = self._both("insert", plain, given, **keywords)
        judge_value(self.recorded.last, present, got)

    def _match(self, step: Match) -> None:
        keywords = keywords_of(step.namespace)
        plain = np.array(step.tokens, np.int64)
        expected, got = self._both("match", (plain,), (arrange(step.tokens, step.form),), **keywords)
        self._remember(step.name, step.tokens[: len(expected.slots)], step.namespace, expected, got)

    def _read(self, step: Read) -> None:
        if not hasattr(self.recorded.target, "match_many"):
            self._match(Match(step.name, step.tokens, step.namespace, step.form))
            return
        tokens, bounds = np.array(step.tokens, np.int64), np.array([0, len(step.tokens)])
        given = arrange(step.tokens, step.form), arrange(bounds, step.form)
        keywords = keywords_of(step.namespace)
        expected, got = self._both("match_many", (tokens, bounds), given, **keywords)
        length = int(expected[0][0])
        judge_value(Joined(self.recorded.last, ": length"), length, int(got[0][0]))
        node, its_id = int(expected[1][0]), int(got[1][0])
        self._judge_node(node, its_id)
        self._keep(step.name, node, its_id, step.tokens[:length], step.namespace)

    def _confirm(self, step: Confirm) -> None:
        seen = self.handles.get(step.of)
        if seen is not None:
            length = step.shorten(seen.length, self.page_size)
            expected, got = self._both(
                "confirm", (seen.node, length, seen.epoch), (seen.id, length, seen.epoch)
            )
            if expected is not None:
                self._remember(step.name, seen.tokens[:length], seen.namespace, expected, got)

    def _lock(self, step: Lock) -> None:
        handle = self.handles.get(step.name)
        # An id without an epoch may be another node's by now.
        if handle is None or not (step.seen or self._still(handle)):
            return
        keywords = {"epoch": handle.epoch} if step.seen else {}
        self._both("lock", (handle.node,), (handle.id,), **keywords)
        handle.locks += not self.refused

    def _unlock(self, step: Unlock) -> None:
        handle = self.handles.get(step.name)
        if handle is not None and handle.locks:
            handle.locks -= 1
            self._both("unlock", (handle.node,), (handle.id,))

    def _evict(self, step: Evict) -> None:
        expected, got = self._both("evict", (step.count,), (step.count,))
        judge_slots(self.recorded.last, expected, got)

    def _both(
        self, method: str, plain: tuple[Any, ...], given: tuple[Any, ...], **keywords: Any
    ) -> tuple[Any, Any]:
        """Return the oracle's answer and the tree's; twice None where both refuse, as the tree then must."""
        try:
            expected = getattr(self.oracle, method)(*plain, **keywords)
            self.refused = False
        except ValueError as refusal:
            self.refused, wanted = True, type(refusal).__name__
            try:
                self.recorded.call(method, *given, **keywords)
            except RaisedError as raised:
                if wanted in [kind.__name__ for kind in type(raised.error).__mro__]:
                    return None, None
                raise MismatchError(raised.line, wanted, type(raised.error).__name__) from raised
            raise MismatchError(self.recorded.last, wanted, "no error") from refusal
        return expected, self.recorded.call(method, *given, **keywords)

    def _remember(self, name: str, tokens: Tokens, namespace: Namespace, expected: Any, got: Any) -> None:
        if not hasattr(got, "slots") or not hasattr(got, "node"):
            raise MismatchError(self.recorded.last, "a Match", type(got).__name__)
        judge_slots(self.recorded.last, expected.slots, got.slots)
        self._judge_node(expected.node, got.node)
        self._keep(name, expected.node, got.node, tokens, namespace)

    def _keep(self, name: str, node: int, its_id: int, tokens: Tokens, namespace: Namespace) -> None:
        if name not in self.handles or not self.handles[name].locks:
            self.handles[name] = Handle(node, its_id, self.oracle.epoch, tokens, namespace)

    def _still(self, handle: Handle) -> bool:
        """Whether the handle's ids are still of the node that it was given for."""
        known = self.names.get(handle.node)
        return known is not None and known[0] is self.oracle._nodes.get(handle.node) and known[1] == handle.id

    def _judge_node(self, node: int, got: Any) -> None:
        """Expect the id that the node has had so far."""
        if type(got) is not int or got < 0:
            raise MismatchError(self.recorded.last, "a node id, an int of at least 0", f"{got!r}")
        row = self.oracle._nodes[node]
        known = self.names.get(node)
        if known is None or known[0] is not row:
            self.names[node] = row, got
        elif known[1] != got:
            raise MismatchError(self.recorded.last, f"node {known[1]}", f"node {got}")


def _opens(step: Step) -> tuple[Namespace, ...]:
    return (step.namespace,) if isinstance(step, Open) else ()
