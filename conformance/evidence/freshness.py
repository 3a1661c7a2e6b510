"""Whether evidence still speaks of the code at hand: as soon as what it depends on differs, it is stale."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from errno import ENOENT
from hashlib import sha256

from draftproof.conformance.evidence.records import (
    Evidence,
    EvidenceBench,
    EvidenceMutant,
    EvidenceRow,
)
from draftproof.conformance.evidence.sources import Sources
from draftproof.properties.cases.plan import PUBLISHED, plan
from draftproof.properties.contracts import CONTRACTS
from draftproof.properties.core.contract import Contract

CASE_LIST = "case list"
"""The reason of what was judged on other cases than would be planned today."""

Item = EvidenceRow | EvidenceBench | EvidenceMutant


@dataclass(slots=True)
class Today:
    """The code at hand: its sources and the cases that its contracts plan. Made anew when files change."""

    sources: Sources = field(default_factory=Sources)
    contracts: Mapping[str, Contract] = field(default_factory=lambda: CONTRACTS)
    _cases: dict[tuple[str, str, str, int], str] = field(default_factory=dict)

    def digest_cases(self, operation: str, device: str, budget: str, seed: int) -> str:
        """Return the digest of an operation's case list on a kind of device.

        Another's traces do not count: they are there or not.
        """
        key = operation, device, budget, seed
        if key not in self._cases:
            digest = sha256()
            for check in plan(self.contracts[operation], device, budget, seed):
                if check.case.options.get("rows") not in PUBLISHED:
                    digest.update(f"{check.law.name} {check.case}\n".encode())
            self._cases[key] = f"sha256:{digest.hexdigest()}"
        return self._cases[key]

    def find_changes(self, item: Item) -> list[str]:
        """Return why an item is stale, the paths of changed, lost and new sources first; none if fresh."""
        try:
            now, cases = self._now(item)
        except FileNotFoundError as gone:
            return [str(gone.filename)]
        paths = now.keys() | item.sources.keys()
        changed = sorted(path for path in paths if now.get(path) != item.sources.get(path))
        return changed + [CASE_LIST] * (not cases)

    def _now(self, item: Item) -> tuple[Mapping[str, str], bool]:
        """Return the digests that count today, and whether the item's cases are still those asked for."""
        if isinstance(item, EvidenceMutant):
            from draftproof.properties.mutants import MUTANTS  # a check of kernels needs none of them

            mutant = MUTANTS.get(item.mutant.name)
            if mutant is None:
                raise FileNotFoundError(ENOENT, "no such mutant", f"{item.mutant.name} (gone)")
            return self.sources.of_mutant(mutant.operations, mutant.module.__name__), True
        about = item if isinstance(item, EvidenceRow) else item.bench
        if about.operation not in self.contracts:
            raise FileNotFoundError(ENOENT, "no such operation", f"{about.operation} (gone)")
        if isinstance(item, EvidenceRow):
            cases = self.digest_cases(about.operation, item.device, item.run.budget, item.run.seed)
            return self.sources.of_row(about.operation, about.backend), item.cases == cases
        timed = [str(case) for case in self.contracts[about.operation].timed]
        return self.sources.of_timing(about.operation, about.backend), item.bench.case in timed

    def find_stale(self, evidence: Evidence) -> list[str]:
        """Return every reason for which something in the evidence is stale."""
        return sorted({reason for item in evidence.items for reason in self.find_changes(item)})
