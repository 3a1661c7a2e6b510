"""What evidence consists of: rows, timings and fates of mutants, each with the run that it is from."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from draftproof.conformance.reporting.records import BenchRow


@dataclass(frozen=True, slots=True)
class Run:
    """When something was recorded, with what."""

    recorded: date
    versions: Mapping[str, str | None]
    budget: str
    seed: int


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One operation of one backend in one dtype."""

    operation: str
    backend: str
    dtype: str
    laws: Mapping[str, Mapping[str, int]]
    """Counts by state, by law."""
    decisions: int
    forgiven: int
    measures: Mapping[str, float | None]
    """The worst of each; None for one that was not finite."""
    state: str
    seconds: float
    """Of the checks, added up."""
    device: str
    """Which kind it was judged on: the case list depends on it."""
    cases: str
    """The digest of the operation's case list."""
    run: Run
    sources: Mapping[str, str]
    """The digest of each source by its path in the package."""

    @property
    def counts(self) -> dict[str, int]:
        """Counts by state over all laws."""
        total: Counter[str] = Counter()
        for counts in self.laws.values():
            total.update(counts)
        return dict(total)


@dataclass(frozen=True, slots=True)
class EvidenceBench:
    """One timing, with what it depends on."""

    bench: BenchRow
    seconds: float
    """How long it took to make."""
    run: Run
    sources: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A planted bug, and the laws that rejected it; none if it survived."""

    name: str
    story: str
    laws: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EvidenceMutant:
    """The fate of one mutant, with what it depends on."""

    mutant: Mutant
    seconds: float
    run: Run
    sources: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class OperationEvidence:
    """Everything that is known of one operation on one device."""

    device: str
    operation: str
    rows: tuple[EvidenceRow, ...] = ()
    bench: tuple[EvidenceBench, ...] = ()
    mutants: tuple[EvidenceMutant, ...] = ()

    @property
    def items(self) -> tuple[EvidenceRow | EvidenceBench | EvidenceMutant, ...]:
        """All of it."""
        return (*self.rows, *self.bench, *self.mutants)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that is known of one device: the union of its operations'."""

    device: str
    operations: tuple[OperationEvidence, ...]

    @property
    def rows(self) -> tuple[EvidenceRow, ...]:
        """The rows of every operation."""
        return tuple(row for operation in self.operations for row in operation.rows)

    @property
    def bench(self) -> tuple[EvidenceBench, ...]:
        """The timings of every operation."""
        return tuple(timed for operation in self.operations for timed in operation.bench)

    @property
    def mutants(self) -> tuple[Mutant, ...]:
        """Every mutant that was judged."""
        return tuple(fate.mutant for operation in self.operations for fate in operation.mutants)

    @property
    def items(self) -> tuple[EvidenceRow | EvidenceBench | EvidenceMutant, ...]:
        """All of it."""
        return tuple(item for operation in self.operations for item in operation.items)

    @property
    def killed(self) -> int:
        """How many of the planted mutants were rejected."""
        return sum(bool(mutant.laws) for mutant in self.mutants)
