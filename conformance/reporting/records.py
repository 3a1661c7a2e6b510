"""What a report consists of, as values; their field names are the names in the file."""

import math
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from draftproof.properties.core.promises import list_restrictions, name_profile
from draftproof.properties.core.verdict import Finding, State, worst_first

EXPLAINED = frozenset(State) - {State.PASS, State.FAIL}
"""The states that need a reason in words; a failure has its findings."""


@dataclass(frozen=True, slots=True)
class Suite:
    """What was run: equal digests mean the same checks on the same cases."""

    version: str
    budget: str
    seed: int
    cases: int
    digest: str


@dataclass(frozen=True, slots=True)
class Implementation:
    """What it was run on: a backend's module, the device, the rules it declares to differ in."""

    backend: str
    device: str
    variants: dict[str, Any] = field(default_factory=dict)

    @property
    def restrictions(self) -> list[str]:
        """What it was not held to: ``"verify_chain: rule=token only"``."""
        return list_restrictions(self.variants)

    @property
    def profile(self) -> str:
        """What a verdict on it speaks of: "full", "law + hostile" or "law"."""
        return name_profile(self.variants)


@dataclass(frozen=True, slots=True)
class Machine:
    """Where it was run; None for what a machine without a GPU lacks."""

    cpu: str
    python: str
    platform: str
    gpu: str | None = None
    arch: str | None = None
    driver: str | None = None
    cuda: str | None = None


@dataclass(frozen=True, slots=True)
class Header:
    """The first line: everything needed to run the same again."""

    suite: Suite
    subject: Implementation
    machine: Machine
    libraries: dict[str, str | None]
    command: str
    started: str
    """ISO 8601, with the offset."""


@dataclass(frozen=True, slots=True)
class Result:
    """One law on one case."""

    operation: str
    dtype: str
    law: str
    case: str
    state: State
    seconds: float = 0.0
    decisions: int = 0
    forgiven: int = 0
    findings: tuple[Finding, ...] = ()
    measures: dict[str, float] = field(default_factory=dict)
    reason: str = ""
    reproduce: str = ""

    def __post_init__(self) -> None:
        if self.state in EXPLAINED and not self.reason:
            raise ValueError(f"{self.operation}, {self.law}: state {self.state.value!r} needs a reason")

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What may occur once in a report."""
        return self.operation, self.dtype, self.law, self.case

    @property
    def worst_first(self) -> list[Finding]:
        """The findings, those first that are off by most."""
        return worst_first(self.findings)

    @property
    def excess(self) -> float:
        """By how much the worst finding is off; infinity where nothing says it, as after a crash."""
        return max((finding.excess for finding in self.findings), default=math.inf)


class Timing(NamedTuple):
    """Microseconds per call, over the rounds that were timed."""

    median: float
    fastest: float
    slowest: float


@dataclass(frozen=True, slots=True)
class BenchRow:
    """One timed case, in microseconds; ``lowest`` and ``highest`` bound the rounds."""

    operation: str
    case: str
    backend: str
    microseconds: float
    lowest: float
    highest: float
    floor_microseconds: float
    bytes: float
    ratio_to_floor: float
    ratio_to_eager: float | None = None
    """To the baseline: vectorised PyTorch; for a host tree the oracle."""
    peak_bytes: int | None = None
    target_microseconds: float | None = None
    peer_microseconds: float | None = None
    peer: str | None = None


@dataclass(frozen=True, slots=True)
class Footer:
    """The last line, written by a run that came to its end."""

    counts: dict[str, int]
    seconds: float


@dataclass(frozen=True, slots=True)
class Report:
    """A whole report."""

    header: Header
    results: tuple[Result, ...]
    benches: tuple[BenchRow, ...]
    footer: Footer
