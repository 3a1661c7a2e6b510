"""The lines of a trace: each a JSON value, with the complaint that says where something else stands."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from draftproof.conformance.diagnostic import DiagnosticError
from draftproof.conformance.reading.files import TRACE, read_lines
from draftproof.conformance.reading.values import ForeignTextError, cut, parse_json

SHOWN = 60
"""Characters of a wrong value in a complaint."""


class Line(NamedTuple):
    """One line of a file, for a complaint that says where."""

    path: Path
    number: int
    value: Any

    def error(self, expected: str, got: object) -> DiagnosticError:
        """Return the complaint."""
        return self.complain(f"expected {expected}, got {cut(got, SHOWN)}")

    def complain(self, what: str) -> DiagnosticError:
        """Return a complaint in other words."""
        return DiagnosticError("trace-format", f"{self.path.name}, line {self.number}: {what}")

    def get(self, name: str) -> Any:
        """Return a field of the object; None if it is not there, or the line is no object."""
        return self.value.get(name) if isinstance(self.value, dict) else None

    def integer(self, name: str, limit: int = 2**63) -> int:
        """Return a field that is an integer from 0 to ``limit``, without it."""
        value = self.get(name)
        if type(value) is not int or not 0 <= value < limit:
            below = "" if limit == 2**63 else f" below {limit:,}"
            raise self.error(f"{name} to be a non-negative integer{below}", value)
        return value

    def ids(self, values: object, name: str) -> list[int]:
        """Return a list of block ids, of 64 bits with a sign or without."""
        if not isinstance(values, list) or any(not is_id(each) for each in values):
            raise self.error(f"{name} to be a list of ids of 64 bits", values)
        return values


def is_id(value: object) -> bool:
    """Whether a value is an integer of 64 bits, with a sign or without."""
    return type(value) is int and -(2**63) <= value < 2**64


def read_values(path: Path) -> Iterator[Line]:
    """Yield the lines of a file that are not blank; DiagnosticError for one that is no JSON within bounds."""
    for number, raw in read_lines(path, TRACE):
        try:
            value = parse_json(raw)
        except ForeignTextError as error:
            raise Line(path, number, None).complain(str(error)) from error
        yield Line(path, number, value)
