"""What was measured of the suite's power: one file per operation, with the sources that it speaks of."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from draftproof.conformance.evidence.freshness import CASE_LIST, Today

FOLDER = Path(__file__).parent / "data"
"""Where the tables are committed."""

BUDGETS = ("small", "standard")


@dataclass(frozen=True, slots=True)
class Survivor:
    """A fault that the standard budget does not see; why is said beside the model, in ``survivors.toml``."""

    family: str
    fault: str


@dataclass(frozen=True, slots=True)
class Mutations:
    """First-order mutations of one implementation's source, held against a budget."""

    source: str
    """What was mutated: "eager", "reference", "triton"."""
    budget: str
    tried: int
    rejected: int
    equivalent: int
    """How many of them change nothing, each with its reason in the table of equivalent ones."""
    share: float = 1.0
    """The share of all mutations, drawn by the seed, that was tried."""
    survivors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Power:
    """What the suite sees of the faults of one operation."""

    operation: str
    recorded: str
    """The day."""
    machine: str
    seconds: float
    seed: int
    faults: Mapping[str, Mapping[str, int]]
    """By family: how many "faults" there are, and how many each budget rejects."""
    share: float
    """The share of all faults, drawn by the seed, that was tried."""
    unproved: Mapping[str, int]
    """By family, what no input within the contract shows: no faults, and not counted."""
    first_verdict: float
    """The median of the seconds until a wrong implementation's first finding."""
    survivors: tuple[Survivor, ...] = ()
    mutations: tuple[Mutations, ...] = ()
    cases: Mapping[str, str] = field(default_factory=dict)
    """The digest of each budget's case list."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """The digest of each source that the figures depend on."""

    def count(self, what: str) -> int:
        """Add up a column of ``faults``."""
        return sum(row[what] for row in self.faults.values())


def save(power: Power, folder: Path = FOLDER) -> Path:
    """Write a table to ``<folder>/<operation>.json``; return the path."""
    path = folder / f"{power.operation}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(power), indent=1) + "\n", encoding="utf-8")
    return path


def load(operation: str, folder: Path = FOLDER) -> Power | None:
    """Return what is recorded of an operation; None if nothing is."""
    path = folder / f"{operation}.json"
    if not path.is_file():
        return None
    document = json.loads(path.read_text(encoding="utf-8"))
    document["survivors"] = tuple(Survivor(**each) for each in document["survivors"])
    document["mutations"] = tuple(
        Mutations(**{**each, "survivors": tuple(each["survivors"])}) for each in document["mutations"]
    )
    return Power(**document)


def find_changes(power: Power, today: Today) -> list[str]:
    """Return why a table is stale, the paths of changed, lost and new sources first; none if it is fresh."""
    try:
        now = today.sources.of_power(power.operation)
    except FileNotFoundError as gone:
        return [str(gone.filename)]
    changed = sorted(
        path for path in now.keys() | power.sources.keys() if now.get(path) != power.sources.get(path)
    )
    same = all(
        power.cases.get(budget) == digest_cases(power.operation, budget, power.seed, today)
        for budget in BUDGETS
    )
    return changed + [CASE_LIST] * (not same)


def digest_cases(operation: str, budget: str, seed: int, today: Today) -> str:
    """Return the digest of the cases on which faults of an operation are hunted."""
    contract = today.contracts[operation]
    return today.digest_cases(operation, "cpu" if "eager" in contract.backends else "numpy", budget, seed)
