"""Calls that meet a circumstance, and everything that can be seen while they are made."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from draftproof.properties.inputs.forms import Integers, arrange

Observation = tuple[Any, ...]
SIZES = ("cached", "locked", "evictable", "nodes", "epoch")


@dataclass(frozen=True)
class Situation:
    """What calls are made: of ordinary ones few, of what is in question many."""

    page_size: int = 1
    policy: str = "lru"
    length: int = 12
    """Tokens of the longest sequence."""
    depth: int = 0
    """Into how many nodes it is split."""
    namespaces: tuple[Any, ...] = (None,)
    calls: int = 0
    """How often each method is called, at least."""
    locks: int = 1
    hits: int = 0
    counts: tuple[int, ...] = ()
    slot: int = 0
    """The first slot is the page's."""
    token: int = 1
    """One that is in every sequence."""
    priority: int = 1
    form: str = "int32"
    """Of the arrays."""
    refused: bool = False
    second: bool = False
    written: bool = False
    """Whether the caller writes into what it gave and got."""


def observe(make: Callable[..., Any], situation: Situation, method: str) -> list[Observation]:
    """Make the situation's calls on a new object and return what was seen, errors included."""
    return _Observer(make, situation, method).observations()


class _Observer:
    """Makes calls and looks at everything after each."""

    def __init__(self, make: Callable[..., Any], situation: Situation, method: str) -> None:
        self.s, self.method, self.P = situation, method, situation.page_size
        self.tree = make(situation.page_size, situation.policy)
        self.other = make(situation.page_size, situation.policy) if situation.second else None
        self.seen: list[Observation] = []
        self.next = situation.slot // self.P

    def observations(self) -> list[Observation]:
        s, P = self.s, self.P
        if s.refused:
            self.call("match", np.zeros(3))
        if self.other is not None:
            self.other.insert([9] * P, list(range(P)))
        sequences: list[tuple[Any, list[int]]] = []
        for namespace in s.namespaces:
            if namespace is not None or len(s.namespaces) > 1 or self.method == "open":
                self.call("open", namespace)
                self.call("open", namespace)
        for number, namespace in enumerate(s.namespaces):
            self.use(number, namespace, sequences)
        for namespace, tokens in sequences:
            self.call("match", self.array(tokens), namespace=namespace)
        for number in range(s.calls):
            self.repeat(number)
        for count in (*s.counts, 0, 1, P, P + 1, s.length // 2):
            self.call("evict", count)
        for namespace, tokens in sequences:
            self.insert(tokens, namespace, -s.priority)
        self.call("evict", 10**6)
        return self.seen

    def use(self, number: int, namespace: Any, sequences: list[tuple[Any, list[int]]]) -> None:
        """Store sequences that share beginnings, match, confirm, lock and evict among them."""
        s, P = self.s, self.P
        long = [5, *range(10, 9 + s.length)][: s.length]
        long[len(long) // 2] = s.token
        if s.form.endswith("int8"):
            long = [token % 100 for token in long]
        half = long[: max(s.length // 2, 1)]
        others = [[*half, *[3] * P, s.token, *[4] * P], [s.token, *[6] * (2 * P)], [7] * (3 * P), [8] * P, []]
        for rank, tokens in enumerate((long, *others)):
            self.insert(tokens, namespace, s.priority * (rank % 2) + rank * (s.priority == 1))
            sequences.append((namespace, tokens))
        self.split(long, namespace)
        for _ in range(s.hits):
            self.call("match", self.array([7] * (3 * P)), namespace=namespace, look=False)
        self.round(long, namespace)
        for tokens in (long, *others, half, [*long, 2], long[: P + 1]):
            epoch = self.tree.epoch
            found = self.call("match", self.array(tokens), namespace=namespace)
            bounds = np.array([0, len(tokens)])
            many = self.call("match_many", self.array(tokens), self.array(bounds), namespace=namespace)
            if found is None or many is None:
                continue
            self.call("confirm", found.node, len(found.slots), self.tree.epoch)
            self.call("confirm", int(many[1][0]), int(many[0][0]), self.tree.epoch)
            self.call("confirm", found.node, len(found.slots) // (2 * P) * P, self.tree.epoch)
            self.call("confirm", found.node, len(found.slots), epoch - 1)
            for _ in range(s.locks):
                self.call("lock", found.node, look=s.locks < 4)
            self.call("lock", found.node, epoch=self.tree.epoch)
            self.call("lock", found.node, epoch=epoch - 1)
            self.round(tokens, namespace)
            self.call("evict", 2 * P if number else P)
            self.call("evict", 10**6 if tokens == half else 0)
            for _ in range(s.locks + 1):
                self.call("unlock", found.node, look=s.locks < 4)
            self.call("unlock", found.node)
            self.insert(tokens, namespace, 0)

    def split(self, tokens: list[int], namespace: Any) -> None:
        """Split a sequence into nodes of one page each, as many as are asked for."""
        if not self.s.depth:
            return
        end = self.call("match", self.array(tokens), namespace=namespace)
        for depth in range(1, self.s.depth + 1 if end is not None else 1):
            self.call("confirm", end.node, depth * self.P, self.tree.epoch, look=depth % 97 == 0)

    def round(self, tokens: list[int], namespace: Any) -> None:
        """Call every method where things stand as they do."""
        P, half = self.P, len(tokens) // 2
        self.call("open", namespace)
        self.call("open", "a round")
        self.insert([*tokens[:half], *[2] * P], namespace, self.s.priority)
        self.insert(tokens, namespace, self.s.priority)
        for asked in ([1] * P, [*tokens[:half], *[2] * P], tokens):
            found = self.call("match", self.array(asked), namespace=namespace)
            bounds = np.array([0, 0, len(asked)])
            many = self.call("match_many", self.array(asked), self.array(bounds), namespace=namespace)
            if found is None or many is None:
                return
            self.call("confirm", found.node, len(found.slots), self.tree.epoch)
            self.call("confirm", found.node, max(len(found.slots) - P, 0), self.tree.epoch)
            self.call("lock", found.node)
            self.call("evict", P)
            self.call("unlock", found.node)
        self.call("evict", 2 * P)

    def repeat(self, number: int) -> None:
        """Call every method once more."""
        P = self.P
        self.insert([100 + number % 50] * P, None, 0)
        found = self.call("match", self.array([100 + number % 50] * P))
        self.call("match_many", self.array([100] * P), np.array([0, P]))
        if found is not None:
            self.call("lock", found.node, look=False)
            self.call("unlock", found.node, look=False)
            self.call("confirm", found.node, len(found.slots), self.tree.epoch)
        self.call("evict", P)
        self.call("open", f"namespace {number}", look=False)

    def insert(self, tokens: Sequence[int], namespace: Any, priority: int) -> None:
        slots = list(range(self.next * self.P, self.next * self.P + len(tokens)))
        self.next += -(-len(tokens) // self.P)
        bounded = max(-(2**31), min(2**31 - 1, priority))
        self.call("insert", self.array(tokens), self.array(slots), namespace=namespace, priority=bounded)

    def array(self, values: Integers) -> Any:
        """Return an argument of the situation's form, or of int32 where it would not fit."""
        return arrange(values, self.s.form)

    def call(self, method: str, *arguments: Any, look: bool = True, **keywords: Any) -> Any:
        """Make a call and look at the sizes; None if it raised."""
        answer = None
        try:
            answer = getattr(self.tree, method)(*arguments, **keywords)
            self.seen.append((method, *_plain(answer)))
        except Exception as error:
            self.seen.append((method, type(error).__name__))
        if self.s.written:
            kept = answer
            for value in (*arguments, *(getattr(answer, "slots", answer),)):
                if isinstance(value, np.ndarray) and value.flags.writeable:
                    answer = _copied(kept) if answer is kept else answer
                    value[:] = 99
        if look:
            self.seen.append(tuple(getattr(self.tree, size) for size in SIZES))
        return answer


def _copied(answer: Any) -> Any:
    return answer._replace(slots=answer.slots.copy()) if hasattr(answer, "slots") else answer


def _plain(answer: Any) -> Observation:
    """Return an answer as values that can be compared."""
    if hasattr(answer, "slots"):
        return tuple(answer.slots.tolist()), answer.node
    if isinstance(answer, tuple):
        return tuple(tuple(part.tolist()) for part in answer)
    return (tuple(answer.tolist()),) if isinstance(answer, np.ndarray) else (answer,)
