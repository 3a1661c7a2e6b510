"""The matrix: operations against backend and dtype, one mark a cell, and the score over all cells."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple, Self

from draftproof.conformance.diagnostic import DiagnosticError
from draftproof.conformance.evidence.freshness import Today
from draftproof.conformance.evidence.records import Evidence
from draftproof.conformance.reporting.glyphs import MARKS, STALE, percent, pick_worst_state
from draftproof.conformance.reporting.records import Report
from draftproof.conformance.reporting.report import short_name

GOOD = {"pass"}
NOT_DUE = {"absent", "unavailable", "not promised", "not observed"}


class Column(NamedTuple):
    """One backend in one dtype."""

    backend: str
    dtype: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One operation of one backend in one dtype."""

    counts: Mapping[str, int]
    """How many results are in each state."""
    stale: bool = False
    """Whether sources have changed since, so that the counts prove nothing any more."""

    @property
    def state(self) -> str:
        """The state to show: stale, or the worst that occurs."""
        return STALE if self.stale else pick_worst_state(self.counts)

    @property
    def good(self) -> int:
        """Passed, and still true."""
        return 0 if self.stale else sum(self.counts.get(state, 0) for state in GOOD)

    @property
    def due(self) -> int:
        """What should have passed: everything that the backend has and this machine can run."""
        return sum(count for state, count in self.counts.items() if state not in NOT_DUE)

    @property
    def text(self) -> str:
        """The mark with its letter, and the counts: ``"✓ P 118/118"``."""
        mark = MARKS[self.state]
        return f"{mark.glyph} {mark.letter}" + (f" {self.good}/{self.due}" if self.due else "")


@dataclass(frozen=True, slots=True)
class Score:
    """Two numbers that are never blended: how much of what was due passed, how much is covered at all."""

    good: int
    due: int
    covers: int
    """Percent, floored: the share of each cell that has been run, over all cells."""
    states: frozenset[str]
    not_run: int = 0
    """How many of what was due have not been run."""

    @property
    def run(self) -> int:
        """How many of what was due have been run."""
        return self.due - self.not_run

    @property
    def wrong(self) -> bool:
        """Whether something failed."""
        return bool(self.states & {"fail", "error"})

    @property
    def conforms(self) -> bool:
        """Whether everything due has been run, and nothing failed but what is waived."""
        return self.due > 0 and not self.wrong and not self.not_run

    @property
    def incomplete(self) -> bool:
        """Whether nothing failed, but something has not been run."""
        return self.not_run > 0 and not self.wrong

    @property
    def passed(self) -> bool:
        """Whether everything due has passed, and something was due."""
        return self.due > 0 and self.good == self.due

    @property
    def percent(self) -> int:
        """Percent of what was due that passed, floored."""
        return percent(self.good, self.due)


@dataclass(frozen=True, slots=True)
class Matrix:
    """The cells by operation and column; a dtype that an operation does not have has no cell."""

    operations: tuple[str, ...]
    columns: tuple[Column, ...]
    cells: Mapping[tuple[str, Column], Cell]

    @classmethod
    def of(cls, cells: Mapping[tuple[str, Column], Cell]) -> Self:
        """Arrange cells: operations and backends in the order of appearance, a backend's dtypes together."""
        operations = dict.fromkeys(operation for operation, _ in cells)
        backends = dict.fromkeys(column.backend for _, column in cells)
        dtypes = dict.fromkeys(column.dtype for _, column in cells)
        used = {column for _, column in cells}
        ordered = [Column(b, d) for b in backends for d in dtypes if Column(b, d) in used]
        return cls(tuple(operations), tuple(ordered), cells)

    @classmethod
    def from_reports(cls, reports: Sequence[Report]) -> Self:
        """Count the results of reports that ``combine`` has accepted."""
        counts: dict[tuple[str, Column], dict[str, int]] = {}
        for report in reports:
            backend = short_name(report.header.subject.backend)
            for result in report.results:
                cell = counts.setdefault((result.operation, Column(backend, result.dtype)), {})
                cell[result.state.value] = cell.get(result.state.value, 0) + 1
        return cls.of({key: Cell(cell) for key, cell in counts.items()})

    @classmethod
    def from_evidence(cls, evidence: Evidence, today: Today | None = None) -> Self:
        """Read evidence, and mark what changed sources make stale.

        What a backend has no kernel for is absent, and a kernel that was not judged has not been run.
        """
        today = today or Today()
        judged = {(row.operation, Column(row.backend, row.dtype)): row for row in evidence.rows}
        cells: dict[tuple[str, Column], Cell] = {}
        for operation, contract in today.contracts.items():
            for key in ((operation, Column(b, d)) for b in contract.backends for d in contract.dtypes):
                if (row := judged.pop(key, None)) is not None:
                    cells[key] = Cell(row.counts, bool(today.find_changes(row)))
                else:
                    there = today.sources.kernel_of(operation, key[1].backend).is_file()
                    cells[key] = Cell({"not run" if there else "absent": 1})
        # Of an operation or a dtype that there was.
        return cls.of(cells | {key: Cell(row.counts, stale=True) for key, row in judged.items()})

    @property
    def backends(self) -> dict[str, int]:
        """The number of columns of each backend."""
        backends: dict[str, int] = {}
        for column in self.columns:
            backends[column.backend] = backends.get(column.backend, 0) + 1
        return backends

    @property
    def score(self) -> Score:
        """The score over all cells."""
        shares = [
            Fraction(cell.due - cell.counts.get("not run", 0), sum(cell.counts.values()))
            for cell in self.cells.values()
        ]
        covers = int(100 * sum(shares, Fraction(0)) / len(shares)) if shares else 0
        good = sum(cell.good for cell in self.cells.values())
        due = sum(cell.due for cell in self.cells.values())
        not_run = sum(cell.counts.get("not run", 0) for cell in self.cells.values())
        return Score(good, due, covers, frozenset(cell.state for cell in self.cells.values()), not_run)

    def row(self, operation: str) -> list[Cell | None]:
        """Return one operation's cells in the order of the columns."""
        return [self.cells.get((operation, column)) for column in self.columns]


def markdown(matrix: Matrix) -> str:
    """Return the matrix as a Markdown table, with a legend of the marks that occur."""
    lines = [
        _line(["operation", "dtype", *matrix.backends]),
        _line(["---", "---", *[":---:"] * len(matrix.backends)]),
    ]
    for (operation, dtype), cells in list_rows(matrix):
        lines.append(_line([f"`{operation}`", dtype, *(cell.text if cell else "" for cell in cells)]))
    legend = " · ".join(
        f"{mark.glyph} {mark.letter} {state}" for state, mark in MARKS.items() if state in matrix.score.states
    )
    return "\n".join([*lines, "", legend]).rstrip()


def list_rows(matrix: Matrix) -> Iterator[tuple[tuple[str, str], list[Cell | None]]]:
    """Yield each operation and dtype with its cells by backend, as a table of text has them."""
    for operation in matrix.operations:
        for dtype in dict.fromkeys(column.dtype for column in matrix.columns):
            cells = [matrix.cells.get((operation, Column(backend, dtype))) for backend in matrix.backends]
            if any(cells):
                yield (operation, dtype), cells


def update_markers(text: str, name: str, content: str) -> str:
    """Return ``text`` with what stands between ``<!-- name -->`` and ``<!-- /name -->`` replaced.

    Raises DiagnosticError unless each of the two markers occurs exactly once, in this order.
    """
    start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    if text.count(start) != 1 or text.count(end) != 1 or text.index(start) > text.index(end):
        raise DiagnosticError(
            "markers",
            f"expected one {start} followed by one {end}",
            [f"found {text.count(start)} and {text.count(end)}"],
            "put both markers where the table belongs",
        )
    before, after = text.split(start)[0], text.split(end)[1]
    return f"{before}{start}\n{content.strip()}\n{end}{after}"


def _line(texts: Iterable[str]) -> str:
    return f"| {' | '.join(texts)} |"
