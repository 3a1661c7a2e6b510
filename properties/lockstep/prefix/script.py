"""Writes the script of a case: seeded, so that the case's line is all that a report needs."""

from collections.abc import Mapping

import numpy as np

from draftproof.properties.core.case import Case
from draftproof.properties.lockstep.prefix.refusals import REFUSALS
from draftproof.properties.lockstep.prefix.sequences import LONGEST, Sequences
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
    Unlock,
)
from draftproof.properties.lockstep.refusals import Bad
from draftproof.properties.lockstep.steps import Script, Step

NAMESPACES: tuple[Namespace, ...] = ("adapter", 7, "")

Weights = Mapping[type[Step], int]
"""How often each kind of step is taken."""
SERVING: Weights = {
    Insert: 20, Match: 17, Evict: 14, Begin: 8, Fork: 5, Release: 8, Lock: 10, Unlock: 4, Read: 6, Confirm: 9,
}  # fmt: skip
"""Where a law does not say otherwise."""
EVERYTHING = 10**6
BAD = 0.4
"""Bad calls per good one, if the case has any."""


class _Writer:
    """Writes one step after the other, each of a kind, about what the earlier ones named."""

    def __init__(self, case: Case) -> None:
        self.rng = np.random.default_rng(case.seed)
        self.page_size = case.shape["P"]
        self.sequences = Sequences(self.rng, self.page_size, case.options.get("tokens", "small"))
        self.namespaces = (None, *NAMESPACES) if "namespaces" in case.flags else (None,)
        self.nodes: list[str] = []
        self.requests: list[str] = []

    def step(self, kind: type[Step]) -> Step:
        """Return a step of the kind."""
        rng, tokens = self.rng, self.sequences.next
        namespace = self.namespaces[int(rng.integers(len(self.namespaces)))]
        if kind is Insert:
            return Insert(tokens(), namespace, self._priority())
        if kind is Match or kind is Read:
            return kind(self._new(self.nodes), tokens(), namespace)
        if kind is Evict:
            # Little at a time, or hardly anything would be there to be split and locked.
            counts = (0, 1, self.page_size, *rng.integers(1, 4 * self.page_size, 2))
            return Evict(EVERYTHING if rng.random() < 0.06 else int(rng.choice(counts)))
        if kind is Begin:
            return Begin(self._new(self.requests), tokens(), namespace)
        return self._about(kind)

    def bad(self) -> Bad:
        """Return a call to be refused."""
        return Bad(str(self.rng.choice(list(REFUSALS))), int(self.rng.integers(1000)))

    def _about(self, kind: type[Step]) -> Step:
        """Return a step that refers to an earlier one."""
        if kind is Confirm:
            of = self._late(self.nodes)
            return Confirm(self._new(self.nodes), of)
        if kind is Lock:
            return Lock(self._late(self.nodes), bool(self.rng.integers(2)))
        if kind is Unlock:
            return Unlock(self._late(self.nodes))
        if kind is Fork:
            of = self._late(self.requests)
            return Fork(self._new(self.requests), of, self.sequences.next()[: LONGEST // 4])
        return Release(self._late(self.requests), self._priority())

    def _new(self, names: list[str]) -> str:
        names.append(f"{'m' if names is self.nodes else 'r'}{len(names) + 1}")
        return names[-1]

    def _late(self, names: list[str]) -> str:
        """Return a name, more likely a late one: an early node is often gone."""
        back = int(self.rng.geometric(0.3))
        return names[-min(back, len(names))] if names else "none"

    def _priority(self) -> int:
        return int(self.rng.integers(-1, 3))


def write_script(case: Case, weights: Weights = SERVING) -> Script:
    """Return the steps of a case.

    ``shape`` has P, the page size, and ``steps``, how many there are; the option ``tokens`` is "small"
    for few different tokens, "wide" for all of int32, "deep" for sequences that grow; the flags
    "namespaces" and "bad_calls" add what they say. ``weights`` says how often each kind is taken.
    """
    writer = _Writer(case)
    kinds, shares = list(weights), np.array([*weights.values()]) / sum(weights.values())
    steps: Script = [Open(namespace) for namespace in writer.namespaces if namespace is not None]
    for _ in range(case.shape["steps"]):
        steps.append(writer.step(kinds[int(writer.rng.choice(len(kinds), p=shares))]))
        if "bad_calls" in case.flags and writer.rng.random() < BAD:
            steps.append(writer.bad())
    return steps
