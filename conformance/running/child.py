"""One child process with one backend: whatever happens in it is an answer."""

import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import replace
from multiprocessing import Pipe
from pathlib import Path
from types import TracebackType
from typing import Self

from draftproof.conformance.running.worker import Answer, Hello
from draftproof.properties.core.case import Case
from draftproof.properties.core.verdict import State

START_SECONDS = 120.0
"""How long loading a backend may take; the first import of torch on a cold disk is slow."""

START = "from draftproof.conformance.running.worker import main; main()"
"""Imported, not run as a module, so that what it sends has the names that the parent knows."""


class Child:
    """One child process with one backend; started when first needed, and again after it died."""

    def __init__(
        self, backend: str, device: str, threads: int = 0, deaths: Counter[str] | None = None
    ) -> None:
        self.backend, self.device, self.threads = backend, device, threads
        self.deaths = Counter() if deaths is None else deaths
        """By operation; children of one backend may share them."""
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
            reason = f"no answer within {seconds:.0f} s: taken as hanging"
            return Answer(State.ERROR, seconds, reason=reason, hung=True)
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
