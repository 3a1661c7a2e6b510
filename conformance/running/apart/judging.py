"""The judge's end: laws are checked in this process, on answers that another one computes.

A backend cannot say what the verdict is, replace a law or read what it is compared with; it can only compute.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from draftproof.conformance.running.apart.computing import COMPUTE, as_tensor
from draftproof.conformance.running.apart.sheet import Sheet
from draftproof.conformance.running.child import Child, Failure
from draftproof.conformance.running.messages import Answer, Hello, clean
from draftproof.conformance.running.worker import judge
from draftproof.properties.contracts import CONTRACTS
from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import FunctionContract
from draftproof.properties.core.law import Law
from draftproof.properties.core.narrowing import narrow
from draftproof.properties.core.promises import EVERYTHING, read_promises
from draftproof.properties.core.subject import FunctionSubject
from draftproof.properties.core.verdict import State

HERE = {"cuda": "cpu"}
"""Where arguments are laid out for a device of the other process: what that does not see is not judged."""

UNSEEN = {"two threads": "the other process is asked for one call after the other"}
"""Laws of which nothing can be seen from here."""


class RaisedError(Exception):
    """The backend raised; the text says what."""


class _Gone(BaseException):
    """The other process has ended, hung or talked nonsense: no law may take that for an exception."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer


class ApartChild(Child):
    """A child that only computes."""

    def hello(self) -> Hello:
        """Return what the child says of the backend, with the device that the laws are checked for here."""
        hello = super().hello()
        return replace(hello, device=HERE.get(hello.device, hello.device))

    def find_lacking(self, law: Law) -> list[str]:
        """Return nothing: laws are checked here."""
        return []

    def check(self, operation: str, law: str, case: Case, seconds: float, promised: bool = True) -> Answer:
        """Check one law on one case in this process; what the child cannot do any more is an answer too."""
        hello, contract = self.hello(), CONTRACTS[operation]
        if hello.broken:
            return Answer(State.ERROR, 0.0, reason=hello.broken)
        if not isinstance(contract, FunctionContract):
            return Answer(State.NOT_OBSERVED, 0.0, reason="an object lives in its own process")
        if law in UNSEEN:
            return Answer(State.NOT_OBSERVED, 0.0, reason=UNSEEN[law])
        promises = read_promises(contract, hello.variants.get(operation)) if promised else EVERYTHING
        narrowed = narrow(contract, promises)
        assert isinstance(narrowed, FunctionContract)
        deadline, sheet = time.monotonic() + seconds, Sheet(Path(self._folder.name) / "sheet")
        call = partial(self._compute, threading.Lock(), sheet, narrowed, hello.device, deadline)
        subject = FunctionSubject(narrowed, call, hello.device, promises=promises)
        try:
            answer = judge(subject, next(each for each in contract.laws if each.name == law), case)
        except _Gone as gone:
            return gone.answer
        finally:
            sheet.close()
        self._answered.add(operation)
        return answer

    def _compute(
        self,
        lock: threading.Lock,
        sheet: Sheet,
        contract: FunctionContract,
        device: str,
        deadline: float,
        **given: Any,
    ) -> tuple[Any, ...]:
        """Let the child call the function; return what it answered, as arrays of the device here."""
        names = {argument.name for argument in contract.arguments}
        with lock:
            self.hello()  # the last call may have ended the process
            words = sheet.write(contract, {name: value for name, value in given.items() if name in names})
            keywords = {name: value for name, value in given.items() if name not in names}
            asked = [COMPUTE, contract.name, {**words, "keywords": keywords}]
            left = max(0.0, deadline - time.monotonic())
            found = self.request(contract.name, asked, partial(_read, sheet, words["results"]), left)
        if isinstance(found, Failure):
            raise _Gone(found.answer)
        if isinstance(found, str):
            raise RaisedError(found)
        return tuple(array if device == "numpy" else as_tensor(array, dtype) for array, dtype in found)


def _read(sheet: Sheet, results: Sequence[int], answered: Any) -> list[tuple[np.ndarray, str]] | str:
    """Return the results, or what the backend raised."""
    if isinstance(answered, dict) and answered.keys() == {"raised"}:
        return clean(answered["raised"])
    return sheet.read(answered, results)
