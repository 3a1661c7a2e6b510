"""Runs a backend's checks in child processes, in rounds over its operations."""

import math
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import zip_longest
from typing import TypeVar

from draftproof.conformance.reporting.records import Result
from draftproof.conformance.running.apart.judging import ApartChild
from draftproof.conformance.running.backends import is_meant
from draftproof.conformance.running.child import Child
from draftproof.conformance.running.inspection import Inspection, judge_forgiveness
from draftproof.conformance.running.scope.selection import Selection
from draftproof.conformance.running.waivers import Waivers
from draftproof.properties.cases.plan import Check, plan
from draftproof.properties.core.contract import Contract
from draftproof.properties.core.promises import read_promises
from draftproof.properties.core.verdict import State

T = TypeVar("T")


class Run:
    """The checks of one backend, ready to be run: ``jobs`` children work at the same time."""

    def __init__(
        self,
        backend: str,
        device: str,
        budget: str,
        seed: int,
        contracts: Sequence[Contract],
        jobs: int = 1,
        python: str = sys.executable,
        apart: bool = False,
    ) -> None:
        self.backend, self.asked, self.jobs, self.python = backend, device, jobs, python
        self._kind = ApartChild if apart else Child
        self._own, self._lock = threading.local(), threading.Lock()
        self._deaths: Counter[str] = Counter()
        self._children: list[Child] = []
        # The first child is loaded here, by whoever asks; the first thread that works takes it over.
        self._loaded = [self._new_child()]
        self.hello = self._loaded[0].hello()
        if self.hello.unavailable or self.hello.broken:
            self._loaded[0].stop()
        self.device = self.hello.device
        # What a module that could not be imported would have had, nobody knows.
        unknown = bool(self.hello.unavailable) and not self.hello.operations
        self.present = [
            c for c in contracts if c.name in self.hello.operations or (unknown and is_meant(backend, c))
        ]
        self.absent = [c for c in contracts if c not in self.present and is_meant(backend, c)]
        # What cannot run, and what is not there, is still asked for by the case list.
        plans = [
            [(contract, check) for check in self._plan(contract, budget, seed)] for contract in contracts
        ]
        self.checks: list[tuple[Contract, Check]] = interleave(plans)

    def results(
        self,
        waivers: Waivers,
        deadline: float = math.inf,
        selection: Selection | None = None,
        timeout: float | None = None,
    ) -> Iterator[Result]:
        """Run what is selected, but not what the waivers say crashes; yield a result per check.

        An operation that cannot be run has one result for each dtype. From ``deadline`` on, a time of
        ``time.monotonic``, nothing is run any more; ``timeout`` is the seconds a check may take.
        """
        about = self.backend, self.asked, self.hello, self._deaths
        inspection = Inspection(*about, waivers, deadline, selection, timeout)
        try:
            if self.hello.unavailable:
                yield from self._without(self.present, State.UNAVAILABLE, self.hello.unavailable)
            else:
                todo = [check for contract, check in self.checks if contract in self.present]
                todo.sort(key=lambda check: bool(check.unpromised))  # it may cost a child
                with ThreadPoolExecutor(self.jobs) as pool:
                    totals: dict[str, list[Result]] = {}
                    for result in pool.map(lambda check: inspection.judge(self._child(), check), todo):
                        totals.setdefault(result.operation, []).append(result)
                        yield result
                for results in totals.values():
                    yield from judge_forgiveness(results)
            yield from self._without(self.absent, State.ABSENT, "the backend has no such operation")
        finally:
            for child in self._children:
                child.stop()

    def _plan(self, contract: Contract, budget: str, seed: int) -> list[Check]:
        promises = read_promises(contract, self.hello.variants.get(contract.name))
        return plan(contract, self.device, budget, seed, promises)

    def _child(self) -> Child:
        if not hasattr(self._own, "child"):
            with self._lock:
                self._own.child = self._loaded.pop() if self._loaded else self._new_child()
        child: Child = self._own.child
        return child

    def _new_child(self) -> Child:
        child = self._kind(self.backend, self.asked, 1 if self.jobs > 1 else 0, self._deaths, self.python)
        self._children.append(child)
        return child

    def _without(self, contracts: Sequence[Contract], state: State, reason: str) -> Iterator[Result]:
        for contract in contracts:
            for dtype in contract.dtypes:
                yield Result(contract.name, dtype, "all", "-", state, reason=reason)


def interleave(lists: Sequence[Sequence[T]]) -> list[T]:
    """Return the elements in rounds: whoever stops early has seen some of each list.

    >>> interleave([[1, 2, 3], [4], [5, 6]])
    [1, 4, 5, 2, 6, 3]
    """
    rounds = zip_longest(*([(element,) for element in each] for each in lists), fillvalue=())
    return [element for each in rounds for wrapped in each for element in wrapped]
