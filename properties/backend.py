"""A backend: any importable module that has functions named like operations."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any, Self

from draftproof.properties.contracts import CONTRACTS
from draftproof.properties.core.case import Case
from draftproof.properties.core.law import Law
from draftproof.properties.core.promises import Promises, read_promises
from draftproof.properties.core.subject import FunctionSubject, Subject, subject_of
from draftproof.properties.core.verdict import Verdict
from draftproof.properties.emulation.interpreter import quicken
from draftproof.properties.laws.shared.concurrency import TWO_GRAPHS
from draftproof.properties.laws.shared.device import GRAPH_REPLAY


class BackendError(Exception):
    """There is no such module, it cannot be imported, or it has no operation; the message says which."""


@dataclass(frozen=True, slots=True)
class Backend:
    """A module with the device that it is judged on."""

    module: ModuleType
    device: str

    @classmethod
    def load(cls, name: str, device: str | None = None) -> Self:
        """Import a backend; ``device`` None means CUDA where there is one that it can use, else the CPU.

        Raises
        ------
        BackendError
            If the module cannot be imported or has none of the operations.
        """
        try:
            module = import_module(name)
        except Exception as error:
            raise BackendError(f"cannot import {name}: {type(error).__name__}: {error}") from error
        if not any(callable(getattr(module, operation, None)) for operation in CONTRACTS):
            raise BackendError(f"{name} has none of the operations {', '.join(CONTRACTS)}")
        if device == "interpreter" and find_spec("triton"):
            quicken()
        return cls(module, device or _best_device(module))

    @property
    def name(self) -> str:
        """The import path."""
        return self.module.__name__

    @property
    def unavailable(self) -> str | None:
        """Why nothing of it can run on its device, in plain words; None if it can."""
        return unavailable(self.module, self.device)

    def subject(self, operation: str) -> Subject[Any] | None:
        """Return its implementation of an operation, or None if it has none."""
        return subject_of(self.module, CONTRACTS[operation], self.device)

    def function(self, operation: str) -> FunctionSubject:
        """Return its implementation of a function of arrays; BackendError if it has none."""
        subject = self.subject(operation)
        if not isinstance(subject, FunctionSubject):
            raise BackendError(f"absent: {self.name} has no function {operation}")
        return subject

    def promises(self, operation: str) -> Promises:
        """Return what it promises of an operation; BackendError if that cannot be read."""
        try:
            return read_promises(CONTRACTS[operation], getattr(self.module, "CONFORMANCE", {}).get(operation))
        except ValueError as error:
            raise BackendError(f"{self.name}: {error}") from error

    def exempt(self, law: Law, operation: str) -> str | None:
        """Return why a law is not held against an operation; None if it is."""
        return exempt(getattr(self.module, "CONFORMANCE", {}), law.name, operation)

    def check(self, law: Law, case: Case) -> Verdict:
        """Check one law on one case; an exception carries the line that reproduces it."""
        subject = self.subject(case.operation)
        if subject is None:
            raise BackendError(f"absent: {self.name} has no {case.operation}")
        try:
            verdict = law.check(subject.contract, subject, case)
            subject.synchronise()
        except Exception as error:
            error.add_note(self.reproduction(law, case))
            raise
        return verdict

    def reproduction(self, law: Law, case: Case) -> str:
        """Return the command that checks the same law on the same case again."""
        device = "" if self.device in ("cpu", "numpy") else f" --device {self.device}"
        return f"draftproof replay '{case}' --backend {self.name} --law '{law.name}'{device}"


def exempt(declared: Mapping[str, Any], law: str, operation: str) -> str | None:
    """Return why a backend that declares this is spared a law for an operation; None if it is not.

    ``CONFORMANCE = {"synchronises": ("match_prefixes",)}`` names operations that wait for the device, as
    vectorised PyTorch must where sizes depend on data. The report shows them as unavailable in graphs.
    """
    if law in (GRAPH_REPLAY.name, TWO_GRAPHS.name) and operation in declared.get("synchronises", ()):
        return "it waits for the device, as the backend declares, so no graph can hold it"
    return None


def _uses_numpy(module: ModuleType) -> bool:
    return getattr(module, "CONFORMANCE", {}).get("arrays") == "numpy"


def unavailable(module: ModuleType, device: str) -> str | None:
    """Return why nothing of ``module`` can run on ``device``, in plain words; None if it can."""
    declared = getattr(module, "unavailable", None)
    if device == "numpy" or _uses_numpy(module):
        return declared("cpu") if callable(declared) else None
    try:
        import torch
    except ImportError:
        return f"{module.__name__} takes torch tensors: pip install 'draftproof[torch]'"
    if device == "cuda" and not torch.cuda.is_available():
        return "no CUDA device"
    reason: str | None = declared("cuda" if device == "cuda" else "cpu") if callable(declared) else None
    return reason


def _best_device(module: ModuleType) -> str:
    if _uses_numpy(module):
        return "numpy"
    return "cuda" if unavailable(module, "cuda") is None else "cpu"
