"""Which checks of a case list are run: those of some laws, those that failed last, none after a failure.

The others stand in the report as not run: nobody takes a part for the whole.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Self

from draftproof.conformance.diagnostic import DiagnosticError
from draftproof.conformance.reporting.records import Result
from draftproof.properties.cases.plan import Check
from draftproof.properties.core.contract import Contract
from draftproof.properties.core.verdict import State
from draftproof.properties.laws.shared.admissible import ADMISSIBLE

TIME_OVER = "the time asked for was over"
OTHER_LAWS = "another law was asked for"
NOT_LAST_FAILED = "it did not fail last time, and what did was asked for"
FAILED_BEFORE = "a check failed before, and no more were asked for"

LEFT_OUT = frozenset({TIME_OVER, OTHER_LAWS, NOT_LAST_FAILED, FAILED_BEFORE})
"""The reasons of what was not run because the run was limited; they alone are nothing wrong."""

CUT_SHORT = frozenset({TIME_OVER, FAILED_BEFORE})
"""Those of them by which a run ends early: what is left out else was never to be judged."""

FORGIVENESS = "forgiveness"
"""The law that is judged of all decisions together."""

Failures = frozenset[tuple[str, str, str, str]]
"""Operation, dtype, law and case of each."""


@dataclass(slots=True)
class Selection:
    """What of the case list one backend's run is asked for."""

    laws: Collection[str] = ()
    """Only these; all if none."""
    last_failed: Failures | None = None
    """Only these; None for all."""
    exit_first: bool = False
    failed: bool = False
    """Whether a check has failed already."""

    def only(self, last_failed: Failures | None) -> Self:
        """Return the selection for a backend of which that failed last; None for no such limit."""
        return replace(self, last_failed=last_failed)

    def leave_out(self, check: Check) -> str:
        """Return why a check is not to be run; nothing if it is."""
        if self.exit_first and self.failed:
            return FAILED_BEFORE
        if self.laws and check.law.name not in self.laws:
            return OTHER_LAWS
        if self.last_failed is not None and not self._failed_last(check):
            return NOT_LAST_FAILED
        return ""

    def _failed_last(self, check: Check) -> bool:
        assert self.last_failed is not None
        case, law = check.case, check.law.name
        together = (case.operation, case.dtype, FORGIVENESS, "-")
        return (case.operation, case.dtype, law, str(case)) in self.last_failed or (
            law == ADMISSIBLE.name and together in self.last_failed
        )


def is_cut(result: Result) -> bool:
    """Whether a result says only that the run was limited."""
    return result.state is State.NOT_RUN and result.reason in LEFT_OUT


def list_failures(results: Iterable[Result]) -> Failures:
    """Return what of a report failed, to be run again."""
    return frozenset(result.key for result in results if result.state in (State.FAIL, State.ERROR))


def require_laws(names: Sequence[str], contracts: Sequence[Contract], devices: Collection[str]) -> None:
    """Refuse with DiagnosticError laws that no contract has, or that are checked on none of the devices."""
    laws = {law.name: law for contract in contracts for law in contract.laws}
    if unknown := [name for name in names if name not in laws]:
        raise DiagnosticError(
            "law-unknown",
            f"{', '.join(contract.name for contract in contracts)}: no law {', '.join(map(repr, unknown))}",
            [],
            f"the laws are {', '.join(laws)}",
        )
    for name in names:
        where = {
            device
            for contract in contracts
            for law in contract.laws
            if law.name == name
            for device in law.devices
        }
        if not where & set(devices):
            raise DiagnosticError(
                "law-elsewhere",
                f"{name!r} is checked on {', '.join(sorted(where))}, not on {', '.join(sorted(devices))}",
                [],
                "--device says where to check",
            )
