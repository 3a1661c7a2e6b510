"""A campaign: on a machine with a GPU, judge, time and record what is stale, and no more.

First everything is judged, several children at once, then mutants, then what is timed has the device for
itself. Each operation's file is written as soon as something of it is complete, so that a campaign whose
time is over goes on where it stopped.
"""

import math
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from draftproof import __version__
from draftproof.conformance.diagnostic import DiagnosticError
from draftproof.conformance.evidence.book import Book, Pair
from draftproof.conformance.evidence.campaigns import Spent, log
from draftproof.conformance.evidence.freshness import Today
from draftproof.conformance.evidence.machine import describe_machine, list_libraries
from draftproof.conformance.evidence.records import EvidenceBench, EvidenceMutant, Mutant, Run
from draftproof.conformance.reporting.records import Machine, Result
from draftproof.conformance.reporting.report import short_name
from draftproof.conformance.running.backends import BACKENDS, choose_device
from draftproof.conformance.running.crew import Crew
from draftproof.conformance.running.inspection import judge_forgiveness
from draftproof.conformance.running.scope.selection import is_cut
from draftproof.conformance.timing.bench import prepare_benches
from draftproof.properties.cases.plan import Check, plan
from draftproof.properties.core.promises import read_promises
from draftproof.properties.core.verdict import State
from draftproof.properties.mutants import MUTANTS

BUDGET, SEED = "standard", 0
"""What is recorded."""

MOST_CHILDREN = 8
"""Each holds a CUDA context; the oracles keep about as many cores busy."""

WRONG = (State.FAIL, State.ERROR)
"""States whose reasons are told while the campaign goes on."""

WAVE = 1500
"""Checks after which the laws that need the device alone follow, and rows are written."""

Say = Callable[[str], None]


class Campaign:
    """One campaign; ``modules`` are the backends with the device of each."""

    def __init__(
        self,
        book: Book,
        modules: Mapping[str, str],
        deadline: float,
        say: Say,
        jobs: int | None = None,
    ) -> None:
        self.book, self.modules, self.deadline, self.say = book, modules, deadline, say
        self.jobs = jobs or min(len(os.sched_getaffinity(0)), MOST_CHILDREN)
        self._names = {short_name(module): module for module in modules}
        self._kinds = {"cpu", *modules.values()}

    def run(self) -> Spent:
        """Record what is due, until the time is over; return what was done and what is left.

        Raises DiagnosticError for a backend that cannot run here.
        """
        started, begin = datetime.now(UTC), time.monotonic()
        self.book.prune()
        due = self.book.find_due([*self._names], self._kinds)
        self.say(
            f"due: {len(due.judgements)} pairs of operation and backend to judge, "
            f"{len(due.timings)} to time, {len(due.mutants)} mutants"
        )
        judged = self._judge(due.judgements) if due.judgements else 0
        mutants = self._hold_against_mutants(due.mutants) if due.mutants else 0
        timed = self._time(due.timings)
        left = self.book.find_due([*self._names], self._kinds)
        seconds = round(time.monotonic() - begin, 1)
        return Spent(started.isoformat(timespec="seconds"), seconds, judged, timed, mutants, len(left))

    def _judge(self, pairs: Sequence[Pair]) -> int:
        """Judge pairs in waves; return how many were finished in time."""
        finished = 0
        due = {self._names[backend]: self.modules[self._names[backend]] for _, backend in pairs}
        with Crew(due, self.jobs, self.deadline) as crew:
            crew.load()
            planned = {pair: self._plan(crew, *pair) for pair in pairs}
            for wave in _waves(planned):
                if time.monotonic() >= self.deadline:
                    break
                finished += self._judge_wave(crew, {pair: planned[pair] for pair in wave})
        return finished

    def _plan(self, crew: Crew, operation: str, backend: str) -> list[Check]:
        hello = crew.hellos[self._names[backend]]
        if operation not in hello.operations:
            raise DiagnosticError(
                "backend-incomplete",
                f"{self._names[backend]} does not offer {operation}, of which it has a kernel",
                [],
                "name it in the backend's __init__.py",
            )
        contract = self.book.today.contracts[operation]
        promises = read_promises(contract, hello.variants.get(operation))
        return plan(contract, hello.device, self.book.run.budget, self.book.run.seed, promises)

    def _judge_wave(self, crew: Crew, planned: Mapping[Pair, Sequence[Check]]) -> int:
        """Judge some pairs, what needs the device alone last; write those that the time allowed to finish."""
        results: dict[Pair, list[Result]] = {pair: [] for pair in planned}
        begin = time.monotonic()
        for alone in (False, True):
            due: dict[str, list[Check]] = {}
            for (_, backend), checks in planned.items():
                kept = [check for check in checks if check.law.alone == alone]
                due.setdefault(self._names[backend], []).extend(kept)
            for module, result in crew.work(due, jobs=1 if alone else None):
                results[result.operation, short_name(module)].append(result)
        whole = {pair: each for pair, each in results.items() if not any(map(is_cut, each))}
        for (operation, backend), each in whole.items():
            device = crew.hellos[self._names[backend]].device
            judged = [*each, *judge_forgiveness(each)]
            self.book.write_rows(operation, backend, device, judged)
            for law, wrong in {result.law: result for result in judged if result.state in WRONG}.items():
                why = next(iter(map(str, wrong.findings)), wrong.reason)
                self.say(f"{wrong.state} {operation} in {backend}, {law}: {why}")
        names = ", ".join(dict.fromkeys(operation for operation, _ in whole)) or "nothing"
        self.say(f"judged {names}: {len(whole)} pairs in {time.monotonic() - begin:.0f} s")
        return len(whole)

    def _hold_against_mutants(self, names: Sequence[str]) -> int:
        """Hold the suite against mutants, several at once; return how many were finished in time."""
        finished, begin = 0, time.monotonic()
        on_cpu = [name for name in names if "cpu" in MUTANTS[name].devices]
        # A mutant that loses the device takes its process with it: it gets one of its own.
        for device, due, tasks in (("cpu", on_cpu, None), ("cuda", [*set(names) - {*on_cpu}], 1)):
            for name, laws, seconds in _judge_mutants(due, device, self.jobs, tasks, self.deadline):
                mutant = MUTANTS[name]
                sources = self.book.today.sources.of_mutant(mutant.operations, mutant.module.__name__)
                fate = Mutant(name, mutant.story, laws)
                self.book.write_mutant(EvidenceMutant(fate, seconds, self.book.run, sources))
                finished += 1
        self.say(f"held the suite against {finished} mutants in {time.monotonic() - begin:.0f} s")
        return finished

    def _time(self, pairs: Sequence[Pair]) -> int:
        """Time pairs, one operation after the other; return how many were finished in time."""
        finished = 0
        by_operation: dict[str, list[str]] = {}
        for operation, backend in pairs:
            by_operation.setdefault(operation, []).append(backend)
        for operation, backends in by_operation.items():
            begin = time.monotonic()
            if begin >= self.deadline:
                break
            try:
                timed = self._time_operation(operation, backends)
            except DiagnosticError as wrong:
                self.say(f"not timed: {wrong}")
                continue
            if timed is None:
                break
            self.book.write_bench(operation, timed)
            finished += len(backends)
            self.say(f"timed {operation}: {', '.join(backends)} in {time.monotonic() - begin:.0f} s")
        return finished

    def _time_operation(self, operation: str, backends: Sequence[str]) -> list[EvidenceBench] | None:
        """Return the timings of an operation in some backends; None if the time was over before."""
        timed, before = [], time.monotonic()
        rows = prepare_benches([self._names[backend] for backend in backends], [operation])
        for row in rows():
            now = time.monotonic()
            if now >= self.deadline:
                return None
            sources = self.book.today.sources.of_timing(operation, short_name(row.backend))
            own = replace(row, backend=short_name(row.backend))
            timed.append(EvidenceBench(own, round(now - before, 3), self.book.run, sources))
            before = now
        return timed


def record_evidence(folder: Path, seconds: float | None, everything: bool, say: Say) -> Spent:
    """Run a campaign of all of draftproof's own backends on this machine, and log it.

    ``everything`` forgets first what was recorded; ``seconds`` is when to stop, None for never.
    """
    deadline = math.inf if seconds is None else time.monotonic() + seconds
    where = describe_machine()
    book = Book(where.gpu or "cpu", folder, describe_run(where), Today())
    if everything:
        book.clear()
    modules = {module: choose_device(module, "cuda" if where.gpu else "cpu") for module in BACKENDS[1:]}
    spent = Campaign(book, modules, deadline, say).run()
    log(book.path, spent)
    return spent


def describe_run(where: Machine) -> Run:
    """Say when and with what this machine records."""
    versions = {
        "draftproof": __version__,
        "python": where.python,
        "driver": where.driver,
        "cuda": where.cuda,
        **list_libraries(),
    }
    return Run(datetime.now(UTC).date(), versions, BUDGET, SEED)


def _waves(planned: Mapping[Pair, Sequence[Check]]) -> Iterator[list[Pair]]:
    """Yield pairs in the order given, an operation's together, until a wave has enough checks."""
    wave: list[Pair] = []
    for pair in planned:
        full = sum(len(planned[other]) for other in wave) >= WAVE
        if full and pair[0] != wave[-1][0]:
            yield wave
            wave = []
        wave.append(pair)
    yield wave


def judge_mutant(name: str, device: str) -> tuple[tuple[str, ...], float]:
    """Return the laws that reject a mutant, and how many seconds that took; run in a process apart."""
    from draftproof.properties.mutants.kill import judge

    begin = time.monotonic()
    laws = tuple(judge(MUTANTS[name], device))
    return laws, round(time.monotonic() - begin, 3)


def _judge_mutants(
    names: Sequence[str], device: str, jobs: int, tasks: int | None, deadline: float
) -> Iterator[tuple[str, tuple[str, ...], float]]:
    """Yield the fates of mutants as they come, in time; ``tasks`` is how many share a process."""
    left = None if deadline == math.inf else deadline - time.monotonic()
    if not names or (left is not None and left <= 0):
        return
    workers, context = min(jobs, len(names)), multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, max_tasks_per_child=tasks)
    try:
        futures = {pool.submit(judge_mutant, name, device): name for name in names}
        for future in as_completed(futures, left):
            yield futures[future], *future.result()
    except TimeoutError:
        pass
    finally:
        processes = [*(pool._processes or {}).values()]
        pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.kill()
