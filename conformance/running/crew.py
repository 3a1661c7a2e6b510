"""A crew: children of several backends that work at the same time and live as long as there is work.

Starting a child costs as much as some hundred checks, so none is started for a small remainder.
"""

import threading
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from types import TracebackType
from typing import Self

from draftproof.conformance.diagnostic import DiagnosticError
from draftproof.conformance.reporting.records import Result
from draftproof.conformance.running.child import Child
from draftproof.conformance.running.inspection import Inspection
from draftproof.conformance.running.messages import Hello
from draftproof.properties.cases.plan import Check

WORTH = 100
"""Checks for which another child of the same backend is started."""


class Crew:
    """Up to ``jobs`` children of the backends at work; ``devices`` says where each module is checked."""

    def __init__(self, devices: Mapping[str, str], jobs: int, deadline: float) -> None:
        self.jobs = jobs
        self.hellos: dict[str, Hello] = {}
        self._devices, self._deadline = devices, deadline
        self._deaths = {backend: Counter[str]() for backend in devices}
        self._idle: dict[str, list[Child]] = {backend: [] for backend in devices}
        self._children: list[Child] = []

    def load(self) -> None:
        """Start one child of each backend, all at once; DiagnosticError for one that cannot run here."""
        first = {backend: self._hire(backend) for backend in self._devices}
        with ThreadPoolExecutor(max(1, len(first))) as pool:
            self.hellos = dict(zip(first, pool.map(Child.hello, first.values()), strict=True))
        for backend, hello in self.hellos.items():
            if hello.broken or hello.unavailable:
                raise DiagnosticError(
                    "backend-unusable", f"cannot record {backend}: {hello.broken or hello.unavailable}"
                )
            self._idle[backend].append(first[backend])

    def work(
        self, due: Mapping[str, Sequence[Check]], jobs: int | None = None
    ) -> Iterator[tuple[str, Result]]:
        """Yield each backend's results as they come; ``jobs`` 1 has the device to one check at a time."""
        shift = _Shift(self, due)
        number = jobs or self.jobs
        with ThreadPoolExecutor(number) as pool:
            for _ in range(number):
                pool.submit(shift.work)
            while number:
                done = shift.done.get()
                if isinstance(done, BaseException):
                    raise done
                if done is None:
                    number -= 1
                else:
                    yield done

    def inspect(self, backend: str) -> Inspection:
        """Return how a backend is inspected."""
        return Inspection(
            backend,
            self._devices[backend],
            self.hellos[backend],
            self._deaths[backend],
            deadline=self._deadline,
        )

    def swap(self, leaving: Child | None, backend: str) -> Child:
        """Take a child of a backend, an idle one if there is one, and let the one that is left wait."""
        if leaving is not None:
            self._idle[leaving.backend].append(leaving)
        if self._idle[backend]:
            return self._idle[backend].pop()
        if len(self._children) >= self.jobs + len(self._devices):
            self._dismiss(next(waiting.pop() for waiting in self._idle.values() if waiting))
        return self._hire(backend)

    def rest(self, child: Child) -> None:
        """Let a child wait."""
        self._idle[child.backend].append(child)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for child in tuple(self._children):
            self._dismiss(child)

    def _hire(self, backend: str) -> Child:
        threads = 1 if self.jobs > 1 else 0
        child = Child(backend, self._devices[backend], threads, self._deaths[backend])
        self._children.append(child)
        return child

    def _dismiss(self, child: Child) -> None:
        self._children.remove(child)
        child.__exit__(None, None, None)


class _Shift:
    """What is to be done by the threads of a crew together."""

    def __init__(self, crew: Crew, due: Mapping[str, Sequence[Check]]) -> None:
        self.crew = crew
        self.done: SimpleQueue[tuple[str, Result] | BaseException | None] = SimpleQueue()
        self._due = {backend: deque(checks) for backend, checks in due.items()}
        self._inspections = {backend: crew.inspect(backend) for backend in due}
        self._hands: Counter[str] = Counter()
        self._lock = threading.Lock()

    def work(self) -> None:
        """Do checks until nothing is left that is worth a child."""
        child: Child | None = None
        try:
            while task := self._take(child):
                child, check = task
                self.done.put((child.backend, self._inspections[child.backend].judge(child, check)))
        except BaseException as error:  # the thread that yields raises it
            self.done.put(error)
        finally:
            with self._lock:
                if child is not None:
                    self.crew.rest(child)
            self.done.put(None)

    def _take(self, child: Child | None) -> tuple[Child, Check] | None:
        """Return the next check and who does it: the same child while its backend has any."""
        with self._lock:
            if child is None or not self._due[child.backend]:
                backend = self._choose()
                if backend is None:
                    return None
                if child is not None:
                    self._hands[child.backend] -= 1
                self._hands[backend] += 1
                child = self.crew.swap(child, backend)
            return child, self._due[child.backend].popleft()

    def _choose(self) -> str | None:
        """Return the backend that has most left for each child, if that is worth another one."""
        share = {backend: len(due) / (self._hands[backend] + 1) for backend, due in self._due.items() if due}
        worth = [b for b, checks in share.items() if not self._hands[b] or checks >= WORTH]
        return max(worth, key=lambda backend: share[backend], default=None)
