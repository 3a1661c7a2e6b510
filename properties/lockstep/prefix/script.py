"""Writes the script of a case: seeded, so that the case's line is all that a report needs."""

from collections.abc import Mapping

import numpy as np

from draftproof.properties.core.case import Case
from draftproof.properties.inputs.forms import FORMS
from draftproof.properties.lockstep.prefix.refusals import REFUSALS, STATEFUL
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

PAIRS: tuple[tuple[Namespace, Namespace], ...] = (
    ("adapter", ""), (7, "7"), ("None", "adapter"), (1, True), (-1, -2), (0, False), (2**61 - 1, 0),
    (b"7", "7"),
)  # fmt: skip
"""Namespaces that are easily taken for one another; those that are equal in Python are one."""
NAMESPACES: tuple[Namespace, ...] = tuple(dict.fromkeys(one for pair in PAIRS for one in pair))
PRIORITIES = (-(2**31), -300, -1, 0, 0, 0, 1, 1, 2, 127, 128, 255, 256, 65_536, 2**31 - 1)

Weights = Mapping[type[Step], int]
"""How often each kind of step is taken."""
SERVING: Weights = {
    Insert: 20, Match: 17, Evict: 14, Begin: 8, Fork: 5, Release: 8, Lock: 10, Unlock: 4, Read: 6, Confirm: 9,
}  # fmt: skip
"""Where a law does not say otherwise."""
EVERYTHING = 10**6
REOPENED = 12
"""Steps after which a namespace is opened again."""
BAD = 0.4
"""Bad calls per good one, if the case has any."""
STATEFUL_SHARE = 0.35


class _Writer:
    """Writes one step after the other, each of a kind, about what the earlier ones named."""

    def __init__(self, case: Case) -> None:
        self.rng = np.random.default_rng(case.seed)
        self.page_size = case.shape["P"]
        self.sequences = Sequences(self.rng, self.page_size, case.options.get("tokens", "small"))
        pairs = self.rng.choice(len(PAIRS), 2, replace=False) if "namespaces" in case.flags else ()
        self.namespaces: tuple[Namespace, ...] = (None, *(one for pair in pairs for one in PAIRS[pair]))
        self.nodes: list[str] = []
        self.requests: list[str] = []

    def step(self, kind: type[Step]) -> Step:
        """Return a step of the kind."""
        rng, tokens = self.rng, self.sequences.next
        namespace = self.namespaces[int(rng.integers(len(self.namespaces)))]
        if kind is Insert:
            return Insert(tokens(), namespace, self._priority(), self._form())
        if kind is Match or kind is Read:
            return kind(self._new(self.nodes), tokens(), namespace, self._form())
        if kind is Evict:
            # Little at a time, or hardly anything would be there to be split and locked.
            counts = (0, 1, self.page_size, *rng.integers(1, 4 * self.page_size, 2))
            return Evict(EVERYTHING if rng.random() < 0.06 else int(rng.choice(counts)))
        if kind is Begin:
            return Begin(self._new(self.requests), tokens(), namespace)
        return self._about(kind)

    def bad(self) -> Bad:
        """Return a call to be refused."""
        kinds = STATEFUL if self.rng.random() < STATEFUL_SHARE else tuple(REFUSALS)
        return Bad(kinds[int(self.rng.integers(len(kinds)))], int(self.rng.integers(1000)))

    def _about(self, kind: type[Step]) -> Step:
        """Return a step that refers to an earlier one."""
        if kind is Confirm:
            of = self._late(self.nodes)
            return Confirm(self._new(self.nodes), of, self._pages())
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
        return PRIORITIES[int(self.rng.integers(len(PRIORITIES)))]

    def _pages(self) -> int | None:
        """Return how much is confirmed, every other time all of it."""
        pages = int(self.rng.integers(2 * self.sequences.pages))
        return pages if pages < self.sequences.pages else None

    def _form(self) -> str:
        """Return how the arguments are held, every other time the plainest array."""
        place = int(self.rng.integers(2 * len(FORMS)))
        return FORMS[place] if place < len(FORMS) else "int32"


def write_script(case: Case, weights: Weights = SERVING) -> Script:
    """Return the steps of a case.

    ``shape`` has P, the page size, and ``steps``, how many there are; the option ``tokens`` is "small"
    for few different tokens, "wide" for all of int32, "deep" for sequences that grow, "colliding" for pages
    of one hash; the flags "namespaces"
    and "bad_calls" add what they say. ``weights`` says how often each kind is taken.
    """
    writer = _Writer(case)
    kinds, shares = list(weights), np.array([*weights.values()]) / sum(weights.values())
    steps: Script = [Open(namespace) for namespace in writer.namespaces if namespace is not None]
    for number in range(case.shape["steps"]):
        if len(writer.namespaces) > 1 and number % REOPENED == 0:
            steps.append(Open(writer.namespaces[-1 - number // REOPENED % (len(writer.namespaces) - 1)]))
        steps.append(writer.step(kinds[int(writer.rng.choice(len(kinds), p=shares))]))
        if "bad_calls" in case.flags and writer.rng.random() < BAD:
            steps.append(writer.bad())
    return steps
