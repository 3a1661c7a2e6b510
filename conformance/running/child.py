"""One child process with one backend: whatever happens in it is an answer."""

import os
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import draftproof
from draftproof.conformance.running.channel import Channel, ForeignMessageError, make_pair
from draftproof.conformance.running.messages import Answer, Hello, clean
from draftproof.properties.core.case import Case
from draftproof.properties.core.law import Law
from draftproof.properties.core.verdict import State

T = TypeVar("T")

START_SECONDS = 120.0
"""How long loading a backend may take; the first import of torch on a cold disk is slow."""

START = "from draftproof.conformance.running.worker import main; main()"

PACKAGE = Path(draftproof.__file__).parent
"""What another Python needs beside NumPy: it sees this package, and nothing else of this environment."""

LAST_WORDS = 4096
"""Bytes of a child's output that are read when it has died, however much there is."""


@dataclass(frozen=True, slots=True)
class Failure:
    """That a child gave no answer, as the answer of the check."""

    answer: Answer


class Child:
    """One child process with one backend; started when first needed, and again after it died."""

    def __init__(
        self,
        backend: str,
        device: str,
        threads: int = 0,
        deaths: Counter[str] | None = None,
        python: str = sys.executable,
    ) -> None:
        self.backend, self.device, self.threads = backend, device, threads
        self.python = python
        """The interpreter that has the backend and its libraries."""
        self.deaths = Counter() if deaths is None else deaths
        """By operation; children of one backend may share them."""
        self._folder = tempfile.TemporaryDirectory(prefix="draftproof-")
        self._log = Path(self._folder.name) / "output.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: Channel | None = None
        self._hello: Hello | None = None
        self._asked = 0
        self._answered: set[str] = set()

    def hello(self) -> Hello:
        """Start the child if there is none, and return what it said of the backend."""
        if self._process is None or self._hello is None:
            self._start()
            try:
                self._hello = Hello.read(self._receive(START_SECONDS))
            except (TimeoutError, EOFError, ForeignMessageError):
                words = self._last_words()
                self.stop()
                return Hello(self.device, broken=f"loading it crashed or hung: {words}")
        return self._hello

    def check(self, operation: str, law: str, case: Case, seconds: float, promised: bool = True) -> Answer:
        """Check one law on one case; a crash or a hang is an answer too.

        What is not ``promised`` is held to the whole contract, whatever the backend declares.
        """
        hello = self.hello()
        if hello.broken:
            return Answer(State.ERROR, 0.0, reason=hello.broken)
        answer = self.request(operation, [operation, law, str(case), promised], Answer.read, seconds)
        if isinstance(answer, Failure):
            return answer.answer
        if answer.poisoned:
            return self._bury(operation, replace(answer, reason=f"the device was lost: {answer.reason}"))
        self._answered.add(operation)
        return answer

    def request(
        self, operation: str, words: list[Any], read: Callable[[Any], T], seconds: float
    ) -> T | Failure:
        """Ask for something; ``read`` makes of the words that come back what they mean, or refuses them.

        A process that dies, hangs or talks nonsense is ended, and says why.
        """
        try:
            return read(self._ask(words, seconds))
        except TimeoutError:
            reason = f"no answer within {seconds:.0f} s: taken as hanging"
            return Failure(self._bury(operation, Answer(State.ERROR, seconds, reason=reason, hung=True)))
        except ForeignMessageError as error:
            reason = f"what came from its process is no answer: {error}"
        except EOFError:
            code = self._exit_code()
            how = "gave up its connection" if code is None else f"died ({_name_end(code)})"
            reason = f"the process {how}: {self._last_words()}"
        return Failure(self._bury(operation, Answer(State.ERROR, 0.0, reason=reason)))

    def find_lacking(self, law: Law) -> list[str]:
        """Return what a law imports that the child's Python lacks; of our own we need not ask a stranger."""
        if self.python == sys.executable:
            return []
        return [name for name in law.imports if name not in self.hello().libraries]

    def has_answered(self, operation: str) -> bool:
        """Whether the process has answered for an operation, so that whatever it compiles is compiled."""
        return operation in self._answered

    def stop(self) -> None:
        """End the child at once, and whatever it has started."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        if self._channel is not None:
            self._channel.close()
        self._process = self._channel = None
        self._answered.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._folder.cleanup()

    def _start(self) -> None:
        self.stop()
        self._channel, theirs = make_pair()
        arguments = (theirs.descriptor, self.backend, self.device, self.threads)
        with self._log.open("wb") as log:  # whatever the backend prints, its last words included
            self._process = subprocess.Popen(
                [self.python, "-c", START, *map(str, arguments)],
                env=None if self.python == sys.executable else self._other_environment(),
                pass_fds=(theirs.descriptor,),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # What it sends to its own group does not reach the judge.
                start_new_session=True,
            )
        theirs.close()

    def _other_environment(self) -> dict[str, str]:
        """Return the environment variables with which another Python finds draftproof."""
        path = Path(self._folder.name) / "path"
        path.mkdir(exist_ok=True)
        if not (path / PACKAGE.name).exists():
            (path / PACKAGE.name).symlink_to(PACKAGE, target_is_directory=True)
        found = filter(None, [str(path), os.environ.get("PYTHONPATH")])
        return {**os.environ, "PYTHONPATH": os.pathsep.join(found)}

    def _ask(self, request: list[Any], seconds: float) -> Any:
        """Ask for one answer; raises as ``Channel.receive`` does, and for an answer to something else."""
        assert self._channel is not None
        self._asked += 1
        try:
            self._channel.send([self._asked, *request])
        except OSError as error:  # it died after its last answer
            raise EOFError from error
        words = self._receive(seconds)
        if not isinstance(words, list) or len(words) != 2 or words[0] != self._asked:
            raise ForeignMessageError("it answers what was not asked")
        return words[1]

    def _receive(self, seconds: float) -> Any:
        assert self._channel is not None
        return self._channel.receive(seconds)

    def _exit_code(self) -> int | None:
        """Wait for the end of a process that is silent; None if it goes on without its connection."""
        assert self._process is not None
        with suppress(subprocess.TimeoutExpired):
            return self._process.wait(5.0)
        return None

    def _bury(self, operation: str, answer: Answer) -> Answer:
        """End a child that is of no use any more; return the answer that says why."""
        self.deaths[operation] += 1
        self.stop()
        return answer

    def _last_words(self) -> str:
        if not self._log.exists():
            return "it said nothing"
        with self._log.open("rb") as log:
            log.seek(max(0, self._log.stat().st_size - LAST_WORDS))
            lines = log.read(LAST_WORDS).decode("utf-8", "replace").splitlines()
        return clean(" | ".join(lines[-3:])) or "it said nothing"


def _name_end(code: int) -> str:
    """Return how a process ended: with an exit code, or by a signal, named.

    >>> _name_end(3), _name_end(-11)
    ('exit code 3', 'SIGSEGV: Segmentation fault')
    """
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"{signal.Signals(-code).name}: {signal.strsignal(-code)}"
    except ValueError:  # a signal that Python has no name for
        return f"signal {-code}"
