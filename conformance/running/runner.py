"""Runs a backend's checks in child processes and turns whatever happens into results."""

import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from multiprocessing import Pipe
from pathlib import Path
from types import TracebackType
from typing import Self

from draftproof.conformance.reporting.records import Result
from draftproof.conformance.running.backends import device_for
from draftproof.conformance.running.waivers import Waivers
from draftproof.conformance.running.worker import Answer, Hello
from draftproof.properties.backend import exempt
from draftproof.properties.cases.plan import Check, plan
from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import Contract
from draftproof.properties.core.verdict import Finding, State
from draftproof.properties.judges.rounding import too_many_forgiven
from draftproof.properties.laws.shared.admissible import ADMISSIBLE

START_SECONDS = 120.0
"""How long loading a backend may take; the first import of torch on a cold disk is slow."""

START = "from draftproof.conformance.running.worker import main; main()"
"""Imported, not run as a module, so that what it sends has the names that the parent knows."""

DEATHS = 5
"""After so many deaths of a child the rest of an operation is not run."""

SHRINKS = 12
"""Attempts to find a smaller failing case."""


class Child:
    """One child process with one backend; started when first needed, and again after it died."""

    def __init__(self, backend: str, device: str, threads: int = 0) -> None:
        self.backend, self.device, self.threads = backend, device, threads
        self.deaths: Counter[str] = Counter()
        self._folder = tempfile.TemporaryDirectory(prefix="draftproof-")
        self._log = Path(self._folder.name) / "output.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._hello: Hello | None = None

    def hello(self) -> Hello:
        """Start the child if there is none, and return what it said of the backend."""
        if self._process is None or self._hello is None:
            self._connection, theirs = Pipe()
            arguments = (theirs.fileno(), self.backend, self.device, self.threads)
            with self._log.open("ab") as log:  # whatever the backend prints, its last words included
                self._process = subprocess.Popen(
                    [sys.executable, "-c", START, *map(str, arguments)],
                    pass_fds=(theirs.fileno(),),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                )
            theirs.close()
            said = self._receive(START_SECONDS)
            self._hello = said if isinstance(said, Hello) else None
            if self._hello is None:
                self.stop()
                return Hello(self.device, broken=f"loading it crashed or hung: {self._last_words()}")
        return self._hello

    def check(self, operation: str, law: str, case: Case, seconds: float) -> Answer:
        """Check one law on one case; a crash or a hang is an answer too."""
        hello = self.hello()
        if hello.broken:
            return Answer(State.ERROR, 0.0, reason=hello.broken)
        answer = self._asked(operation, law, str(case), seconds)
        if isinstance(answer, Answer) and not answer.poisoned:
            return answer
        self.deaths[operation] += 1
        code = self._process.poll() if self._process else None
        self.stop()
        if isinstance(answer, Answer):
            return replace(answer, reason=f"the device was lost: {answer.reason}")
        if code is None:
            return Answer(State.ERROR, seconds, reason=f"no answer within {seconds:.0f} s: taken as hanging")
        return Answer(State.ERROR, 0.0, reason=f"the process died (exit code {code}): {self._last_words()}")

    def stop(self) -> None:
        """End the child at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._connection.close()
        self._process = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._folder.cleanup()

    def _asked(self, operation: str, law: str, line: str, seconds: float) -> object:
        try:
            self._connection.send((operation, law, line))
        except ConnectionError:  # it died after its last answer
            if self._process is not None:
                self._process.wait(5.0)
            return None
        return self._receive(seconds)

    def _receive(self, seconds: float) -> object:
        try:
            return self._connection.recv() if self._connection.poll(seconds) else None
        except (EOFError, ConnectionError):
            if self._process is not None:
                self._process.wait(5.0)
            return None

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").splitlines() if self._log.exists() else []
        return " | ".join(lines[-3:]) or "it said nothing"


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
    ) -> None:
        self.backend, self.asked, self.jobs = backend, device, jobs
        self._own = threading.local()
        self._children: list[Child] = []
        self.hello = self._child().hello()
        self.device = self.hello.device
        self.absent = [c for c in contracts if c.name not in self.hello.operations]
        self.present = [c for c in contracts if c.name in self.hello.operations]
        # What cannot run, and what is not there, is still asked for by the case list.
        self.checks: list[tuple[Contract, Check]] = [
            (contract, check)
            for contract in contracts
            for check in plan(contract, self.device, budget, seed, self.hello.variants.get(contract.name))
        ]

    def results(self, waivers: Waivers) -> Iterator[Result]:
        """Run everything but what the waivers say crashes; yield a result per check.

        An operation that cannot be run has one result for each dtype.
        """
        try:
            if self.hello.unavailable:
                yield from self._without(self.present, State.UNAVAILABLE, self.hello.unavailable)
            else:
                todo = [(c, check) for c, check in self.checks if c in self.present]
                with ThreadPoolExecutor(self.jobs) as pool:
                    totals: dict[str, list[Result]] = {}
                    for result in pool.map(lambda pair: self._one(pair[0], pair[1], waivers), todo):
                        totals.setdefault(result.operation, []).append(result)
                        yield result
                for results in totals.values():
                    yield from _forgiveness(results)
            yield from self._without(self.absent, State.ABSENT, "the backend has no such operation")
        finally:
            for child in self._children:
                child.stop()

    def _child(self) -> Child:
        if not hasattr(self._own, "child"):
            self._own.child = Child(self.backend, self.asked, threads=1 if self.jobs > 1 else 0)
            self._children.append(self._own.child)
        child: Child = self._own.child
        return child

    def _one(self, contract: Contract, check: Check, waivers: Waivers) -> Result:
        child, law, case = self._child(), check.law, check.case
        if crash := waivers.never_launch(contract.name, str(case)):
            return self._result(check, Answer(State.WAIVED, 0.0, reason=crash.reason), case)
        if reason := exempt(self.hello.variants, law.name, contract.name):
            return self._result(check, Answer(State.UNAVAILABLE, 0.0, reason=reason), case)
        if sum(each.deaths[contract.name] for each in self._children) >= DEATHS:
            reason = f"the process died {DEATHS} times before"
            return self._result(check, Answer(State.NOT_RUN, 0.0, reason=reason), case)
        answer = child.check(contract.name, law.name, case, law.seconds)
        if answer.state is State.FAIL and law.cases is None:
            case, answer = self._shrunk(check, answer)
        return self._result(check, answer, case)

    def _shrunk(self, check: Check, answer: Answer) -> tuple[Case, Answer]:
        """Return the smallest case found to fail the same law, with its answer."""
        smallest, attempts = check.case, SHRINKS
        candidates = _smaller(smallest)
        while attempts and (case := next(candidates, None)):
            attempts -= 1
            tried = self._child().check(case.operation, check.law.name, case, check.law.seconds)
            if tried.state is State.FAIL:
                smallest, answer, candidates = case, tried, _smaller(case)
        return smallest, answer

    def _result(self, check: Check, answer: Answer, smallest: Case) -> Result:
        """Return the result of a check; findings and reproduction are those of the smallest failing case."""
        reproduce = f"draftproof replay '{smallest}' --backend {self.backend} --law '{check.law.name}'"
        if self.asked != "cpu" or device_for(self.backend, None) != "cpu":
            reproduce += f" --device {self.asked}"
        return Result(
            operation=check.case.operation,
            dtype=check.case.dtype,
            law=check.law.name,
            case=str(check.case),
            state=answer.state,
            seconds=answer.seconds,
            decisions=answer.decisions,
            forgiven=answer.forgiven,
            findings=answer.findings,
            measures=answer.measures,
            reason=answer.reason,
            reproduce=reproduce,
        )

    def _without(self, contracts: Sequence[Contract], state: State, reason: str) -> Iterator[Result]:
        for contract in contracts:
            for dtype in contract.dtypes:
                yield Result(contract.name, dtype, "all", "-", state, reason=reason)


def _smaller(case: Case) -> Iterator[Case]:
    """Yield smaller cases, the most promising first: without flags, then with each axis cut down."""
    if case.flags:
        yield replace(case, flags=frozenset())
    if len(case.flags) > 1:
        for flag in sorted(case.flags):
            yield replace(case, flags=frozenset({flag}))
    for axis, size in case.shape.items():
        for less in sorted({1, size // 2} - {0, size}):
            yield case.reshaped(**{axis: less})


def _forgiveness(results: Sequence[Result]) -> Iterator[Result]:
    """Yield a failure if more decisions of an operation needed forgiveness than rounding explains."""
    judged = [result for result in results if result.law == ADMISSIBLE.name]
    for dtype in sorted({result.dtype for result in judged}):
        decisions = sum(result.decisions for result in judged if result.dtype == dtype)
        forgiven = sum(result.forgiven for result in judged if result.dtype == dtype)
        excessive = too_many_forgiven(forgiven, decisions)
        finding = Finding(
            "all decisions", "at most 1e-4 within the rounding bound", f"{forgiven} of {decisions}"
        )
        yield Result(
            operation=judged[0].operation,
            dtype=dtype,
            law="forgiveness",
            case="-",
            state=State.FAIL if excessive else State.PASS,
            findings=(finding,) if excessive else (),
        )
