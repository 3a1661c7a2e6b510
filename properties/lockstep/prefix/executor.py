"""Takes a script's steps on a prefix tree and on the model."""

from collections.abc import Callable
from functools import singledispatchmethod
from typing import Any

import numpy as np

from draftproof.properties.lockstep.executor import Executor
from draftproof.properties.lockstep.prefix.checked_tree import CheckedTree
from draftproof.properties.lockstep.prefix.handle import Handle, Request
from draftproof.properties.lockstep.prefix.refusals import REFUSALS
from draftproof.properties.lockstep.prefix.steps import (
    Begin,
    Confirm,
    Evict,
    Fork,
    Insert,
    Lock,
    Match,
    Namespace,
    Open,
    Read,
    Release,
    Tokens,
    Unlock,
)
from draftproof.properties.lockstep.refusals import Bad, expect_refusal
from draftproof.properties.lockstep.steps import Script, Step

PAGES = 4096
"""Pages in a pool, more than a script stores."""


class TreeExecutor(Executor):
    """A tree under judgement, driven step by step.

    After every step the tree's sizes must be the model's, and every slot of the pool must be in one
    place: free, in the tree, or held by a request.

    Parameters
    ----------
    tree_class
        Called as ``tree_class(page_size, policy)``; ``reference.RadixTree`` has the interface.
    page_size, policy
        Of the tree.
    pages
        Pages in the pool. An insertion for which it has no room is passed over.
    high, overwrite
        Where the pool lies, and whether arrays are overwritten: see ``CheckedTree``.

    Attributes
    ----------
    tree
        The tree and its model.
    handles, requests
        What the script remembers, by name.
    asked
        The tokens and namespaces that were inserted, each once, in order.
    """

    def __init__(
        self,
        tree_class: Callable[..., Any],
        page_size: int = 1,
        policy: str = "lru",
        pages: int = PAGES,
        *,
        high: bool = False,
        overwrite: bool = False,
    ) -> None:
        self.tree = CheckedTree(tree_class, page_size, policy, pages, high, overwrite)
        super().__init__(self.tree.recorded)
        self.handles: dict[str, Handle] = {}
        self.requests: dict[str, Request] = {}
        self.asked: dict[tuple[Tokens, Namespace], None] = {}

    def judge_state(self) -> int:
        """Compare the sizes, and look for every slot."""
        return self.tree.judge_state(sum(len(request.own) for request in self.requests.values()))

    def closing(self) -> Script:
        """Return steps that match again and evict: a half, what is not locked, and once unlocked the rest."""
        unlocks = [Unlock(name) for name, handle in self.handles.items() for _ in range(handle.locks)]
        again = [Match(f"again{i}", *asked) for i, asked in enumerate(self.asked)]
        ends: Script = [Release(name) for name in self.requests]
        half, whole = Evict(self.tree.model.evictable // 2), Evict(self.tree.capacity)
        return [*again[-LOOKS:], half, whole, *ends, *unlocks, whole]

    @singledispatchmethod
    def take(self, step: Step) -> None:
        """Take one step."""
        raise TypeError(f"TreeExecutor.take: step must be one of a prefix tree, got {type(step).__name__}")

    @take.register
    def _(self, step: Open) -> None:
        self.tree.open(step.namespace)

    @take.register
    def _(self, step: Insert) -> None:
        if step.namespace in self.tree.namespaces:
            own = self.tree.allocate(len(step.tokens))
            if own is not None:
                self._store(step.tokens, own[:0], own, step.namespace, step.priority, step.form)

    @take.register
    def _(self, step: Match) -> None:
        if step.namespace in self.tree.namespaces:
            self._remember(step.name, self.tree.match(step.tokens, step.namespace, step.form))

    @take.register
    def _(self, step: Read) -> None:
        if step.namespace in self.tree.namespaces:
            self._remember(step.name, self.tree.read(step.tokens, step.namespace, step.form))

    @take.register
    def _(self, step: Confirm) -> None:
        seen = self.handles.get(step.of)
        now = None
        if seen is not None:
            now = self.tree.confirm(seen, step.shorten(seen.length, self.tree.page_size))
        if now is not None:
            self._remember(step.name, now)

    @take.register
    def _(self, step: Lock) -> None:
        if step.name in self.handles:
            self.tree.lock(self.handles[step.name], step.seen)

    @take.register
    def _(self, step: Unlock) -> None:
        handle = self.handles.get(step.name)
        if handle is not None and handle.locks:
            self.tree.unlock(handle)

    @take.register
    def _(self, step: Evict) -> None:
        self.tree.evict(step.count)

    @take.register
    def _(self, step: Begin) -> None:
        if step.namespace in self.tree.namespaces:
            self._begin(step.name, step.tokens, step.namespace)

    @take.register
    def _(self, step: Fork) -> None:
        if step.of in self.requests:
            parent = self.requests[step.of].handle
            self._begin(step.name, (*parent.tokens, *step.tail), parent.namespace)

    @take.register
    def _(self, step: Release) -> None:
        if step.name in self.requests:
            request = self.requests.pop(step.name)
            handle = request.handle
            shared = self.tree.slots_of(handle.tokens, handle.namespace)
            self._store(request.tokens, shared, request.own, handle.namespace, step.priority)
            self.tree.unlock(handle)

    @take.register
    def _(self, step: Bad) -> None:
        refusal = REFUSALS[step.kind](self.tree, step.number, list(self.asked))
        if refusal is not None:
            expect_refusal(self.recorded, refusal)

    def _remember(self, name: str, handle: Handle) -> None:
        """Keep a handle; one of that name that is locked stays, for its lock has to be undone."""
        if name not in self.handles or not self.handles[name].locks:
            self.handles[name] = handle

    def _begin(self, name: str, tokens: Tokens, namespace: Namespace) -> None:
        if name in self.requests:
            return
        handle = self.tree.match(tokens, namespace)
        own = self.tree.allocate(len(tokens) - handle.length)
        if own is not None:
            self.requests[name] = Request(handle, tokens, own)
            self.tree.lock(handle, seen=True)

    def _store(
        self,
        tokens: Tokens,
        shared: np.ndarray,
        own: np.ndarray,
        namespace: Namespace,
        priority: int,
        form: str = "list",
    ) -> None:
        """Insert tokens under slots that the tree has already, then under ones of the pool."""
        size, start = self.tree.page_size, len(shared)
        slots = np.concatenate([shared, own])[: len(tokens)]
        present = self.tree.insert(tokens, slots, namespace, priority, form)
        self.asked[tokens, namespace] = None
        self.tree.free(own[: present - start])  # duplicates of what was present
        self.tree.free(own[len(tokens) // size * size - start :])  # a partial page is not stored


LOOKS = 12
"""How many sequences are asked for again at the end."""
