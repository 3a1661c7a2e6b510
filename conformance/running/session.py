"""One conformance session: check backends, write a report each, then the page, the badge and the tables."""

import json
import math
import os
import shlex
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from itertools import takewhile
from pathlib import Path

from draftproof import __version__
from draftproof.conformance.diagnostic import DiagnosticError
from draftproof.conformance.evidence.freshness import Today
from draftproof.conformance.evidence.machine import LIBRARIES, describe_machine
from draftproof.conformance.evidence.records import Mutant
from draftproof.conformance.power.page import load_tables, state_power
from draftproof.conformance.reporting import badge, charts, matrix, page
from draftproof.conformance.reporting.records import (
    BenchRow,
    Header,
    Implementation,
    Report,
    Result,
    Suite,
)
from draftproof.conformance.reporting.report import ReportWriter, read, short_name
from draftproof.conformance.running.runner import Run
from draftproof.conformance.running.scope.selection import CUT_SHORT, Selection, is_cut
from draftproof.conformance.running.waivers import Waivers
from draftproof.conformance.running.waivers import load as load_waivers
from draftproof.properties.cases.plan import Check, digest, plan
from draftproof.properties.contracts import CONTRACTS
from draftproof.properties.core.contract import Contract
from draftproof.properties.core.promises import PROFILES
from draftproof.properties.core.subject import DEVICES
from draftproof.properties.core.verdict import State


def is_wrong(result: Result) -> bool:
    """Whether a result makes a check's exit code 1: what a limit of time left out does not."""
    return result.state in (State.FAIL, State.ERROR, State.NOT_RUN) and not is_cut(result)


def find_unproved(reports: Sequence[Report]) -> dict[str, str]:
    """Return the backends of which nothing was judged, each with the reason; an early end is none."""
    judged = {State.PASS, State.FAIL, State.ERROR}
    return {
        report.header.subject.backend: next(
            (result.reason for result in report.results if result.reason), "nothing was due"
        )
        for report in reports
        if not any(result.state in judged or result.reason in CUT_SHORT for result in report.results)
    }


def share_time(deadline: float, parts: int) -> float:
    """Return until when the first of ``parts`` may go on, if each that is left is to have as much.

    Times are those of ``time.monotonic``.
    """
    now = time.monotonic()
    return now + (deadline - now) / max(1, parts)


def count_jobs(device: str, asked: int | None = None) -> int:
    """Return how many children work at once: one on a GPU; elsewhere as many as asked for, or one per core.

    Raises DiagnosticError if more are asked for than a GPU has room for.
    """
    if device == "cuda" and (asked or 1) > 1:
        raise DiagnosticError(
            "jobs-gpu", f"-n {asked}: on a GPU, where time and memory are measured, one works at a time"
        )
    return 1 if device == "cuda" else asked or len(os.sched_getaffinity(0))


def read_waivers(path: Path | None, budget: str, seed: int) -> Waivers:
    """Read the waivers of a run over the whole case list, whatever part of it is asked for."""
    if path is None:
        return Waivers()
    lines = {
        str(check.case)
        for contract in CONTRACTS.values()
        for device in DEVICES
        for check in plan(contract, device, budget, seed)
    }
    return load_waivers(path, lines, date.today())


class Session:
    """The checks of one backend on one device, from loading it to its report file."""

    def __init__(
        self,
        backend: str,
        device: str,
        budget: str,
        seed: int,
        contracts: Sequence[Contract],
        jobs: int | None = None,
        python: str = sys.executable,
        apart: bool = False,
    ) -> None:
        self.backend, self.budget, self.seed = backend, budget, seed
        self.contracts = contracts
        self.started = datetime.now(UTC)
        try:
            self.run = Run(
                backend,
                device,
                budget,
                seed,
                contracts,
                1 if apart else count_jobs(device, jobs),
                python,
                apart,
            )
        except ValueError as error:
            raise DiagnosticError("backend-variants", f"{backend}: {error}") from error
        if self.run.hello.broken:
            raise DiagnosticError(
                "backend-broken", f"cannot load backend {backend!r}: {self.run.hello.broken}"
            )
        if not self.run.present and not self.run.hello.unavailable:
            raise DiagnosticError(
                "backend-empty",
                f"{backend} has none of the operations asked for",
                [],
                f"a backend has functions named like operations: {', '.join(c.name for c in contracts)}",
            )

    @property
    def can_run(self) -> bool:
        """Whether anything of the backend can run here."""
        return not self.run.hello.unavailable

    @property
    def device(self) -> str:
        """Where the laws are checked."""
        return self.run.device

    @property
    def operations(self) -> tuple[str, ...]:
        """What the backend has of what is asked for."""
        return tuple(contract.name for contract in self.run.present)

    @property
    def checks(self) -> list[Check]:
        """What is due of the operations that the backend has."""
        return [check for contract, check in self.run.checks if contract in self.run.present]

    @property
    def total(self) -> int:
        """How many checks will be run."""
        return len(self.checks) if self.can_run else 0

    def header(self) -> Header:
        """Describe the run, with the libraries that the backend has."""
        there = self.run.hello.libraries
        return Header(
            Suite(
                __version__,
                self.budget,
                self.seed,
                self.total,
                _digest(tuple(c.name for c in self.contracts), self.budget, self.seed),
            ),
            Implementation(self.backend, self.device, dict(self.run.hello.variants)),
            replace(describe_machine(), python=there["python"]) if there else describe_machine(),
            {name: there.get(name) for name in LIBRARIES},
            shlex.join(["draftproof", *sys.argv[1:]]),
            self.started.isoformat(timespec="seconds"),
        )

    def report(
        self,
        folder: Path,
        waivers: Waivers,
        seen: Callable[[Result], None],
        benches: Callable[[], Iterator[BenchRow]] | None = None,
        deadline: float = math.inf,
        selection: Selection | None = None,
        timeout: float | None = None,
    ) -> Report:
        """Run the checks, then the timings, into ``<folder>/<backend>.jsonl``; return what was written.

        At ``deadline``, a time of ``time.monotonic``, both end; what was left out of the checks is not run,
        nor is what is not selected. ``timeout`` is the seconds that a check may take.
        """
        path, selection = folder / f"{short_name(self.backend)}.jsonl", selection or Selection()
        with ReportWriter(path, self.header()) as writer:
            for raw in self.run.results(waivers, deadline, selection, timeout):
                result = waivers.settle(raw)
                writer.result(result)
                selection.failed |= is_wrong(result)
                seen(result)
            if benches is not None:
                for row in takewhile(lambda _: time.monotonic() < deadline, benches()):
                    writer.bench(row)
        return read(path)


def load_sessions(
    devices: Mapping[str, str],
    budget: str,
    seed: int,
    contracts: Sequence[Contract],
    jobs: int | None = None,
    python: str = sys.executable,
    apart: bool = False,
) -> list[Session]:
    """Load the backends, modules with the device of each, at the same time: most of it is waiting.

    So what makes no sense is said before anything runs, and time is shared among those that can.
    """
    with ThreadPoolExecutor(max(2, len(os.sched_getaffinity(0)))) as pool:
        loading = [
            pool.submit(Session, backend, device, budget, seed, contracts, jobs, python, apart)
            for backend, device in devices.items()
        ]
        return [each.result() for each in loading]


@cache
def _digest(operations: tuple[str, ...], budget: str, seed: int) -> str:
    # Every backend of a check has the same, and planning for each kind of device takes its time.
    return digest([CONTRACTS[name] for name in operations], budget, seed)


def write_overview(folder: Path, reports: Sequence[Report], mutants: Sequence[Mutant] = ()) -> None:
    """Write the page, the badge (SVG and endpoint), the matrix and the timings into ``folder``."""
    table = matrix.Matrix.from_reports(reports)
    header = reports[0].header
    where = header.machine.arch or "cpu"
    pillars = {contract.name: contract.pillar for contract in CONTRACTS.values()}
    sentences = {law.name: law.sentence for contract in CONTRACTS.values() for law in contract.laws}
    (folder / "index.html").write_text(page.render(reports, mutants, pillars, sentences), encoding="utf-8")
    seen = state_power(header.suite.budget, load_tables(), Today())
    # The least that any of them promises.
    profile = max((report.header.subject.profile for report in reports), key=PROFILES.index)
    about = table.score, header.suite.budget, where, seen, profile
    (folder / "badge.svg").write_text(badge.svg(*about), encoding="utf-8")
    document = badge.endpoint(*about)
    (folder / "badge.json").write_text(json.dumps(document) + "\n", encoding="utf-8")
    (folder / "matrix.md").write_text(matrix.markdown(table) + "\n", encoding="utf-8")
    benches = [row for report in reports for row in report.benches]
    if benches:
        (folder / "bench.md").write_text(charts.markdown(benches) + "\n", encoding="utf-8")
        (folder / "bench.svg").write_text(charts.chart(benches), encoding="utf-8")
