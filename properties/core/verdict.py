"""What a law has to say about one case."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+(?:\.\d*)?(?:e[-+]?\d+)?|inf|nan)\b\.?", re.IGNORECASE)


class State(StrEnum):
    """The outcome of a check; states are never merged into one another."""

    PASS = "pass"
    FAIL = "fail"
    """The implementation gave a wrong answer."""
    ERROR = "error"
    """It raised, crashed, hung, or poisoned the device."""
    UNAVAILABLE = "unavailable"
    """It cannot run on this machine; the reason is given."""
    ABSENT = "absent"
    """The backend has no such operation."""
    WAIVED = "waived"
    """It fails, and a waiver with an issue link and an end date says so."""
    NOT_PROMISED = "not promised"
    """The backend says that it does not promise this: neither right nor wrong."""
    NOT_OBSERVED = "not observed"
    """The law looked where the backend does nothing: neither right nor wrong."""
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True)
class Finding:
    """One wrong decision."""

    where: str
    """Which one: ``"row 3, position 2"``."""
    expected: str
    got: str
    excess: float = float("inf")
    """By how much, in units of the error allowed; infinity for what no rounding explains."""

    @property
    def kind(self) -> tuple[str, str]:
        """Which decision it is and what was expected, whatever the numbers: two of a kind are the same fault.

        >>> Finding("row 3, position 2", "rejected: u q = 0.25, p = 1e-05", "accepted").kind
        ('row #, position #', 'rejected: u q = #, p = #')
        """
        where, expected = (NUMBER.sub("#", text) for text in (self.where, self.expected))
        return where, re.sub("#(, #)+", "#", expected)

    def __str__(self) -> str:
        by = "" if self.excess == float("inf") else f" ({self.excess:.3g} x the allowed error)"
        return f"{self.where}: expected {self.expected}, got {self.got}{by}"


@dataclass(slots=True)
class Verdict:
    """The findings of one law on one case, with the counts that the report adds up."""

    findings: list[Finding] = field(default_factory=list)
    decisions: int = 0
    """How many discrete decisions or numbers were judged."""
    forgiven: int = 0
    """How many of them differ from the oracle's within the rounding bound."""
    measures: dict[str, float] = field(default_factory=dict)
    """Measured figures, by name, in the unit the name ends with."""
    unobserved: str = ""
    """Why nothing could be seen of what the law is about."""

    @property
    def passed(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def expect(
        self, holds: bool, where: str, expected: str, got: object, excess: float = float("inf")
    ) -> None:
        """Count one decision, and a finding unless it holds."""
        self.decisions += 1
        if not holds:
            self.findings.append(Finding(where, expected, str(got), excess))

    def absorb(self, other: "Verdict", prefix: str = "") -> None:
        """Add another verdict's findings and counts to this one."""
        self.findings += [Finding(prefix + f.where, f.expected, f.got, f.excess) for f in other.findings]
        self.decisions += other.decisions
        self.forgiven += other.forgiven
        self.measures |= other.measures


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings by their excess, the largest first; of equals the first stays first."""
    return sorted(findings, key=lambda finding: -finding.excess)


def worst(findings: Iterable[Finding]) -> Finding | None:
    """Return the finding with the largest excess."""
    return max(findings, key=lambda finding: finding.excess, default=None)
