"""What has changed from one report to another, check by check."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from draftproof.conformance.diagnostic import DiagnosticError
from draftproof.conformance.reporting.records import Report, Result
from draftproof.properties.core.verdict import State

WRONG = frozenset({State.FAIL, State.ERROR})

Key = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """One check whose state is another; None where a report does not have the check."""

    key: Key
    """Operation, dtype, law and case."""
    old: Result | None
    new: Result | None

    @property
    def states(self) -> tuple[str, str]:
        """What it was and what it is."""
        old, new = (each.state.value if each else "not in it" for each in (self.old, self.new))
        return old, new

    @property
    def worse(self) -> bool:
        """Whether it fails and did not, or passed and is not judged any more."""
        was, now = self.old and self.old.state, self.new and self.new.state
        return (now in WRONG and was not in WRONG) or (was is State.PASS and now is not State.PASS)

    @property
    def better(self) -> bool:
        """Whether it passes and did not, or failed."""
        now = self.new and self.new.state
        return now is State.PASS


@dataclass(frozen=True, slots=True)
class Difference:
    """The changes from one report to another, and what has not changed."""

    changes: tuple[Change, ...]
    same: Mapping[State, int]
    """How many checks are in the same state in both."""
    remarks: tuple[str, ...]
    """In what else the runs differ, so that what has changed need not be the kernel."""

    @property
    def worse(self) -> tuple[Change, ...]:
        """Those for the worse."""
        return tuple(change for change in self.changes if change.worse)

    @property
    def better(self) -> tuple[Change, ...]:
        """Those for the better."""
        return tuple(change for change in self.changes if change.better)

    @property
    def other(self) -> tuple[Change, ...]:
        """Those that are neither."""
        return tuple(change for change in self.changes if not change.worse and not change.better)


def compare(old: Report, new: Report) -> Difference:
    """Compare two reports; DiagnosticError if they have no check in common."""
    before = {result.key: result for result in old.results}
    after = {result.key: result for result in new.results}
    if not before.keys() & after.keys():
        raise DiagnosticError(
            "reports-unlike",
            "the two reports have no check in common",
            list(_remarks(old, new)),
            "check both with the same operations, budget and seed",
        )
    changes, same = [], dict.fromkeys(State, 0)
    for key in {**before, **after}:
        change = Change(key, before.get(key), after.get(key))
        if change.old and change.new and change.old.state is change.new.state:
            same[change.new.state] += 1
        else:
            changes.append(change)
    return Difference(tuple(changes), same, tuple(_remarks(old, new)))


def _remarks(old: Report, new: Report) -> Iterator[str]:
    """Yield in what two runs differ but for their results."""
    abouts = [
        {
            "backend": report.header.subject.backend,
            "device": report.header.subject.device,
            "restrictions": ", ".join(report.header.subject.restrictions) or "none",
            "draftproof": report.header.suite.version,
            "budget": report.header.suite.budget,
            "seed": str(report.header.suite.seed),
            "case list": report.header.suite.digest[:19],
            "GPU": report.header.machine.gpu or "none",
            **{name: version or "none" for name, version in report.header.libraries.items()},
        }
        for report in (old, new)
    ]
    for name in {**abouts[0], **abouts[1]}:
        was, now = (about.get(name, "none") for about in abouts)
        if was != now:
            yield f"{name}: {was}, now {now}"
