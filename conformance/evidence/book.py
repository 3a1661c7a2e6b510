"""The evidence of one device while it is recorded: what stands in its folder, and what is due."""

import math
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from draftproof.conformance.evidence import store
from draftproof.conformance.evidence.freshness import Today
from draftproof.conformance.evidence.records import (
    EvidenceBench,
    EvidenceMutant,
    EvidenceRow,
    OperationEvidence,
    Run,
)
from draftproof.conformance.reporting.glyphs import pick_worst_state
from draftproof.conformance.reporting.measures import find_worst
from draftproof.conformance.reporting.records import Result
from draftproof.properties.core.contract import ObjectContract
from draftproof.properties.mutants import MUTANTS

Pair = tuple[str, str]
"""An operation, and the short name of a backend."""


@dataclass(frozen=True, slots=True)
class Due:
    """What is stale or was never recorded."""

    judgements: tuple[Pair, ...]
    timings: tuple[Pair, ...]
    mutants: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.judgements) + len(self.timings) + len(self.mutants)


class Book:
    """A device's evidence by operation; what is written is on disk at once."""

    def __init__(self, device: str, folder: Path, run: Run, today: Today) -> None:
        self.device, self.run, self.today = device, run, today
        self._folder = folder
        self.path = folder / store.name_folder(device)
        known = store.load_device(self.path).operations if any(self.path.glob("*.json")) else ()
        self.operations = {each.operation: each for each in known}

    def clear(self) -> None:
        """Forget everything."""
        shutil.rmtree(self.path, ignore_errors=True)
        self.operations = {}

    def find_due(self, backends: Sequence[str], kinds: Iterable[str]) -> Due:
        """Return what is due in these backends, with the mutants that run on these kinds of device."""
        pairs = [
            (operation, backend)
            for operation in self.today.contracts
            for backend in backends
            if self.today.sources.kernel_of(operation, backend).is_file()
        ]
        return Due(
            tuple(pair for pair in pairs if not self._is_judged(*pair)),
            tuple(pair for pair in pairs if self._can_be_timed(pair[0], kinds) and not self._is_timed(*pair)),
            tuple(name for name in MUTANTS if self._is_due(name, set(kinds))),
        )

    def write_rows(self, operation: str, backend: str, device: str, results: Sequence[Result]) -> None:
        """Put results in place of older ones; ``device`` is the kind of device that they were judged on."""
        rows: dict[str, list[Result]] = {}
        for result in results:
            rows.setdefault(result.dtype, []).append(result)
        cases = self.today.digest_cases(operation, device, self.run.budget, self.run.seed)
        sources = self.today.sources.of_row(operation, backend)
        about = operation, backend
        made = [_row(about, dtype, each, device, cases, self.run, sources) for dtype, each in rows.items()]
        known = self._of(operation)
        kept = [row for row in known.rows if row.backend != backend]
        self._save(replace(known, rows=(*kept, *made)))

    def write_bench(self, operation: str, timed: Sequence[EvidenceBench]) -> None:
        """Put timings in place of older ones of the same backends."""
        known, backends = self._of(operation), {each.bench.backend for each in timed}
        kept = [each for each in known.bench if each.bench.backend not in backends]
        self._save(replace(known, bench=(*kept, *timed)))

    def write_mutant(self, fate: EvidenceMutant) -> None:
        """Put a mutant's fate beside its operation, in place of an older one."""
        known = self._of(MUTANTS[fate.mutant.name].operations[0])
        fates = {each.mutant.name: each for each in known.mutants} | {fate.mutant.name: fate}
        self._save(replace(known, mutants=tuple(fates[name] for name in sorted(fates))))

    def prune(self) -> None:
        """Drop what is about something that is no longer there: operation, kernel, dtype, case, mutant."""
        for name, known in tuple(self.operations.items()):
            if name not in self.today.contracts:
                (self.path / f"{name}.json").unlink()
                del self.operations[name]
                continue
            contract = self.today.contracts[name]
            timed = [str(case) for case in contract.timed]
            pruned = replace(
                known,
                rows=tuple(
                    r for r in known.rows if r.dtype in contract.dtypes and self._there(name, r.backend)
                ),
                bench=tuple(
                    t for t in known.bench if t.bench.case in timed and self._there(name, t.bench.backend)
                ),
                mutants=tuple(m for m in known.mutants if m.mutant.name in MUTANTS),
            )
            if pruned != known:
                self._save(pruned)

    def _there(self, operation: str, backend: str) -> bool:
        return self.today.sources.kernel_of(operation, backend).is_file()

    def _is_judged(self, operation: str, backend: str) -> bool:
        rows = [row for row in self._of(operation).rows if row.backend == backend]
        whole = {row.dtype for row in rows} == set(self.today.contracts[operation].dtypes)
        asked = {(row.run.budget, row.run.seed) for row in rows} == {(self.run.budget, self.run.seed)}
        return whole and asked and not any(map(self.today.find_changes, rows))

    def _can_be_timed(self, operation: str, kinds: Iterable[str]) -> bool:
        """Whether an operation is timed on these kinds of device: kernels need a GPU."""
        contract = self.today.contracts[operation]
        return bool(contract.timed) and ("cuda" in kinds or isinstance(contract, ObjectContract))

    def _is_timed(self, operation: str, backend: str) -> bool:
        timed = [each for each in self._of(operation).bench if each.bench.backend == backend]
        asked = {str(case) for case in self.today.contracts[operation].timed}
        whole = {each.bench.case for each in timed} == asked
        return whole and not any(map(self.today.find_changes, timed))

    def _is_due(self, name: str, kinds: set[str]) -> bool:
        mutant = MUTANTS[name]
        if not kinds & set(mutant.devices) or not set(mutant.operations) <= self.today.contracts.keys():
            return False
        known = [f for f in self._of(mutant.operations[0]).mutants if f.mutant.name == name]
        return not known or any(map(self.today.find_changes, known))

    def _of(self, operation: str) -> OperationEvidence:
        return self.operations.get(operation, OperationEvidence(self.device, operation))

    def _save(self, evidence: OperationEvidence) -> None:
        self.operations[evidence.operation] = evidence
        store.save(evidence, self._folder)


def _row(
    about: Pair,
    dtype: str,
    results: Sequence[Result],
    device: str,
    cases: str,
    run: Run,
    sources: Mapping[str, str],
) -> EvidenceRow:
    laws: dict[str, Counter[str]] = {}
    for result in results:
        laws.setdefault(result.law, Counter())[result.state.value] += 1
    worst = find_worst(result.measures for result in results)
    return EvidenceRow(
        *about,
        dtype,
        {law: dict(counts) for law, counts in sorted(laws.items())},
        sum(result.decisions for result in results),
        sum(result.forgiven for result in results),
        {name: value if math.isfinite(value) else None for name, value in sorted(worst.items())},
        pick_worst_state(sum(laws.values(), Counter[str]())),
        sum(result.seconds for result in results),
        device,
        cases,
        run,
        sources,
    )
