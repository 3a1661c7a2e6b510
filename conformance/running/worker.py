"""The child process: runs laws on one backend, so that a crash, a hang or a poisoned device stays there."""

import os
import platform
import sys
import threading
import time
import traceback
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from draftproof.conformance.evidence.machine import list_libraries
from draftproof.conformance.running.apart.computing import COMPUTE, answer_call
from draftproof.conformance.running.channel import Channel
from draftproof.conformance.running.messages import FINDINGS, LONGEST_TEXT, Answer, Hello, find_unreadable
from draftproof.properties.backend import unavailable
from draftproof.properties.contracts import CONTRACTS
from draftproof.properties.core.case import Case
from draftproof.properties.core.law import Law
from draftproof.properties.core.subject import Subject, WrongSignatureError, subject_of
from draftproof.properties.core.verdict import Finding, State, worst_first

LOOK = 1.0
"""Seconds between two looks whether the parent is there."""

KEPT = 2**30
"""Bytes that a child may keep on the device between two checks."""


def serve(channel: Channel, backend: str, device: str, threads: int) -> None:
    """Load the backend, say hello, then answer until the parent goes.

    Asked is [number, operation, law, case line, whether it is promised], or [number, "compute", operation,
    where the arguments lie].
    """
    if device == "interpreter":
        os.environ["TRITON_INTERPRET"] = "1"
    hello, module = load(backend, device)
    if threads and hello.device in ("cpu", "interpreter") and "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(threads)
    libraries = {name: version for name, version in list_libraries().items() if version}
    channel.send(replace(hello, libraries={"python": platform.python_version(), **libraries}).words())
    try:
        while module is not None:
            number, *asked = channel.receive()
            if asked[0] == COMPUTE:
                channel.send([number, answer_call(getattr(module, asked[1]), hello.device, asked[2])])
                continue
            answer = check(module, hello.device, *asked)
            if not answer.poisoned:
                release_memory(hello.device)
            channel.send([number, answer.words()])
            if answer.poisoned:
                break
    except (EOFError, BrokenPipeError):
        return  # the parent is gone


def load(backend: str, device: str) -> tuple[Hello, ModuleType | None]:
    """Import the backend and find out what it offers on ``device``."""
    try:
        module = import_module(backend)
    except ModuleNotFoundError as error:
        if error.name and (backend == error.name or backend.startswith(f"{error.name}.")):
            return Hello(device, broken=f"there is no module {error.name!r}"), None
        return Hello(device, unavailable=_say(error)), None
    except ImportError as error:
        return Hello(device, unavailable=_say(error)), None
    except (Exception, SystemExit) as error:  # a stranger's module may raise anything
        return Hello(device, broken=f"importing it raised {type(error).__name__}: {_say(error)}"), None
    declared = getattr(module, "CONFORMANCE", {})
    if wrong := find_unreadable(declared):
        return Hello(device, broken=f"its CONFORMANCE {wrong}"), None
    declared = dict(declared)
    if unknown := declared.keys() - {"arrays", "memory", "synchronises", *CONTRACTS}:
        names = ", ".join(sorted(map(str, unknown)))
        return Hello(
            device, broken=f"its CONFORMANCE names {names}, which is neither operation nor setting"
        ), None
    if declared.get("arrays") == "numpy":
        device = "numpy"
    offered = tuple(name for name in CONTRACTS if callable(getattr(module, name, None)))
    return Hello(device, offered, declared, unavailable=unavailable(module, device) or ""), module


def check(
    module: ModuleType, device: str, operation: str, law_name: str, line: str, promised: bool = True
) -> Answer:
    """Check one law on one case, held to what is promised or to everything; never raises."""
    law = next(law for law in CONTRACTS[operation].laws if law.name == law_name)
    subject = subject_of(module, CONTRACTS[operation], device, promised)
    assert subject is not None, f"{operation} was offered"
    return judge(subject, law, Case.parse(line))


def judge(subject: Subject[Any], law: Law, case: Case) -> Answer:
    """Check one law on one case; never raises."""
    started = time.perf_counter()
    try:
        verdict = law.check(subject.contract, subject, case)
        subject.synchronise()
    except WrongSignatureError as error:
        findings = (Finding("signature", "the contract's outputs", str(error)),)
        return Answer(State.FAIL, time.perf_counter() - started, findings)
    except Exception as error:  # a stranger's kernel may raise anything
        seconds = time.perf_counter() - started
        reason = f"{type(error).__name__}: {_say(error)}"
        return Answer(State.ERROR, seconds, reason=reason, poisoned=_lost(subject))
    unobserved = verdict.unobserved if verdict.passed else ""
    return Answer(
        State.NOT_OBSERVED if unobserved else State.PASS if verdict.passed else State.FAIL,
        time.perf_counter() - started,
        tuple(worst_first(verdict.findings)[:FINDINGS]),
        verdict.decisions,
        verdict.forgiven,
        verdict.measures,
        unobserved,
    )


def _say(error: BaseException) -> str:
    """Say what was raised and where: in which file and line."""
    if isinstance(error, SyntaxError):
        return str(error)  # it names the line that could not be read
    where = traceback.extract_tb(error.__traceback__)[-1]
    return f"{str(error)[:LONGEST_TEXT]} ({Path(where.filename).name}:{where.lineno})"


def release_memory(device: str) -> None:
    """Give back what torch keeps on the device for later, if it is much: other children need it."""
    torch = sys.modules.get("torch")
    if device == "cuda" and torch is not None and torch.cuda.memory_reserved() > KEPT:
        torch.cuda.empty_cache()


def _lost(subject: Subject[Any]) -> bool:
    try:
        subject.synchronise()
    except Exception:  # the device says so by raising
        return True
    return False


def _end_with(parent: int) -> None:
    """End when the parent is gone: one that was killed could not end a child that hangs."""
    while os.getppid() == parent:
        time.sleep(LOOK)
    os._exit(1)


def main() -> None:
    """Serve on the file descriptor, backend, device and number of threads that the arguments name."""
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    serve(Channel.on(int(sys.argv[1])), sys.argv[2], sys.argv[3], int(sys.argv[4]))
