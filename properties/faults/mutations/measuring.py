"""Hold the suite against every mutation of an operation, each in a process of its own with a time limit."""

import multiprocessing
import os
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import ModuleType
from typing import Any

from draftproof.properties.cases.plan import Check
from draftproof.properties.contracts import CONTRACTS
from draftproof.properties.core.subject import Subject, subject_of
from draftproof.properties.faults.hunt import DEAR, hunt, kill_order
from draftproof.properties.faults.mutations.equivalents import reason
from draftproof.properties.faults.mutations.loading import load
from draftproof.properties.faults.mutations.mutation import (
    REFERENCE,
    Mutation,
    mutations,
    package_of,
    share_of,
)

INTERPRETED = "draftproof.optimized.triton"
PATIENCE = 10.0
"""Seconds that a mutation may take beyond ``TIMES`` what the right source takes: then it hangs."""
TIMES = 2.0

LOADING, HANG, CRASH = "loading", "hang", "crash"
"""Ways of being rejected beside the laws: it cannot be executed, does not end, or ends its process."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one mutation."""

    operation: str
    mutation: Mutation
    law: str | None
    """The law that rejects it, or ``LOADING``, ``HANG`` or ``CRASH``; None if it is not rejected."""
    finding: str
    """What was found, in a line; "" if nothing was."""
    seconds: float
    equivalent: str | None
    """Why it changes no answer: then it was not held against anything."""


def measure(
    operation: str,
    *,
    package: str | None = None,
    budget: str = "standard",
    seed: int = 0,
    share: float = 1.0,
    dear: bool = True,
    jobs: int = 1,
) -> Iterator[Outcome]:
    """Yield what becomes of a seeded share of an operation's mutations, ``jobs`` at a time, as they end.

    ``package`` is the source that is changed: eager for a function, the oracle for an object, or
    ``draftproof.optimized.triton``, interpreted, in a process under TRITON_INTERPRET=1 (else RuntimeError).
    Without ``dear`` the laws that take seconds are left out. ValueError if the right source is rejected.
    """
    chosen = package or package_of(operation)
    found = share_of(mutations(operation, chosen), share, seed)
    device = _device(chosen)
    checks = [
        check for check in kill_order(operation, device, budget, seed) if dear or check.law.name not in DEAR
    ]
    limit = PATIENCE + TIMES * _seconds_of_the_right_one(operation, chosen, device, checks)
    due = []
    for mutation in found:
        listed = reason(mutation, operation)
        if listed is None:
            due.append(mutation)
        else:
            yield Outcome(operation, mutation, None, "", 0.0, listed)
    running: dict[Connection, _Run] = {}
    while due or running:
        while due and len(running) < jobs:
            receiver, run = _start(operation, due.pop(0), chosen, device, checks, limit)
            running[receiver] = run
        patience = max(0.0, min(run.deadline for run in running.values()) - time.monotonic())
        ended = wait([*running], patience)
        for receiver in [r for r, run in running.items() if r in ended or run.deadline <= time.monotonic()]:
            run = running.pop(receiver)
            law, finding = _end(receiver, run, limit)
            spent = time.monotonic() - (run.deadline - limit)
            yield Outcome(operation, run.mutation, law, finding, spent, None)


def _device(package: str) -> str:
    if package == REFERENCE:
        return "numpy"
    if package != INTERPRETED:
        return "cpu"
    if os.environ.get("TRITON_INTERPRET") != "1":
        raise RuntimeError(f"measure: {package} must be measured under TRITON_INTERPRET=1")
    from draftproof.properties.emulation.interpreter import quicken

    quicken()
    return "interpreter"


def _seconds_of_the_right_one(operation: str, package: str, device: str, checks: Sequence[Check]) -> float:
    """Hold the suite against the unchanged source, which also makes the inputs that all will share."""
    begun = time.monotonic()
    killed = hunt(_subject(load(operation, None, package), operation, device), checks)
    if killed is not None:
        raise ValueError(f"{operation} of {package} must pass before it is changed, got {killed}")
    return time.monotonic() - begun


def _subject(backend: ModuleType, operation: str, device: str) -> Subject[Any]:
    subject = subject_of(backend, CONTRACTS[operation], device)
    assert subject is not None
    return subject


@dataclass(frozen=True, slots=True)
class _Run:
    """A mutation that is being hunted in a process of its own."""

    mutation: Mutation
    child: BaseProcess
    deadline: float


def _start(
    operation: str, mutation: Mutation, package: str, device: str, checks: Sequence[Check], limit: float
) -> tuple[Connection, _Run]:
    """Hunt in a forked process, which has this one's inputs; return what it answers through."""
    forked = multiprocessing.get_context("fork")
    receiver, sender = forked.Pipe(duplex=False)
    child = forked.Process(target=_hunt, args=(sender, operation, mutation, package, device, checks))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # no thread of this process holds a lock
        child.start()
    sender.close()
    return receiver, _Run(mutation, child, time.monotonic() + limit)


def _end(receiver: Connection, run: _Run, limit: float) -> tuple[str | None, str]:
    """Return a process's answer, or what its silence means, and end it."""
    try:
        if not receiver.poll():
            return HANG, f"no answer in {limit:.0f} s"
        answer: tuple[str | None, str] = receiver.recv()
        return answer
    except EOFError:
        run.child.join()
        return CRASH, f"its process ended with {run.child.exitcode}"
    finally:
        run.child.kill()
        run.child.join()
        run.child.close()
        receiver.close()


def _hunt(
    sender: Connection,
    operation: str,
    mutation: Mutation,
    package: str,
    device: str,
    checks: Sequence[Check],
) -> None:
    warnings.simplefilter("ignore")  # wrong code divides by 0
    try:
        backend = load(operation, mutation, package)
    except Exception as error:
        sender.send((LOADING, f"{type(error).__name__}: {error}"[:200]))
        return
    killed = hunt(_subject(backend, operation, device), checks)
    sender.send((None, "") if killed is None else (killed.law, f"{killed.case}: {killed.finding}"[:400]))
