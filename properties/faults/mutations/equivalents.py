"""Mutations that change no answer: listed in ``equivalents.toml``, each with the reason."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from draftproof.properties.faults.mutations.mutation import Mutation

LISTED = Path(__file__).with_name("equivalents.toml")
FIELDS = {"file", "within", "line", "changes", "reason"}


@dataclass(frozen=True, slots=True)
class Equivalent:
    """Some changes of one line that change no answer."""

    file: str
    within: str
    line: str
    """The line's text: it may move."""
    change: str
    """Where in that text it begins, its kind, and what becomes of what: ``"14: integer: 1 -> 2"``."""
    reason: str
    operations: tuple[str, ...]
    """The operations for which it is so; empty for all."""

    def fits(self, mutation: Mutation, operation: str) -> bool:
        """Whether a mutation of an operation is this one."""
        return (self.file, self.within, self.line, self.change) == (
            mutation.file,
            mutation.within,
            mutation.text,
            f"{mutation.place}: {mutation.change}",
        ) and operation in (self.operations or (operation,))


@cache
def equivalents(listed: Path = LISTED) -> tuple[Equivalent, ...]:
    """Read the list; ValueError names an entry that lacks a field or a reason."""
    found = []
    for entry in tomllib.loads(listed.read_text(encoding="utf-8")).get("equivalent", ()):
        if entry.keys() - {"operations"} != FIELDS or not all(entry[field] for field in FIELDS):
            wanted = ", ".join(sorted(FIELDS))
            raise ValueError(f"{listed.name}: every entry must have {wanted}, got {entry}")
        found += [
            Equivalent(
                entry["file"],
                entry["within"],
                entry["line"],
                change,
                entry["reason"],
                tuple(entry.get("operations", ())),
            )
            for change in entry["changes"]
        ]
    return tuple(found)


def reason(mutation: Mutation, operation: str) -> str | None:
    """Return why a mutation changes no answer of an operation; None if it is not listed."""
    return next((each.reason for each in equivalents() if each.fits(mutation, operation)), None)


def unused(found: Iterable[tuple[str, Mutation]], listed: Path = LISTED) -> list[Equivalent]:
    """Return the entries that name none of these (operation, mutation): the source has changed since."""
    pairs = list(found)
    return [
        each for each in equivalents(listed) if not any(each.fits(mutation, op) for op, mutation in pairs)
    ]
