"""The matrix in a terminal: as many tables as it takes for no cell to be cut."""

from collections.abc import Iterator, Sequence

from rich.table import Table

from draftproof.conformance.reporting.glyphs import MARKS
from draftproof.conformance.reporting.matrix import Cell, Matrix, list_rows

FRAME = 3
"""Columns of the terminal that a column of a table takes beside its text."""
LONGEST = 16
"""Letters of a backend's name that stand in one line; longer names are broken."""


def arrange_tables(matrix: Matrix, width: int) -> Iterator[Table]:
    """Yield the matrix as tables of so many columns of text, each with as many backends as fit.

    Where not even one fits, its texts are broken into lines, never cut.
    """
    rows, backends = list(list_rows(matrix)), list(matrix.backends)
    operations, dtypes = ({names[place] for names, _ in rows} for place in (0, 1))
    free = width - 1 - _measure("operation", *operations) - _measure("dtype", *dtypes)
    sizes = [
        _measure(backend[:LONGEST], *(cell.text for _, cells in rows if (cell := cells[place])))
        for place, backend in enumerate(backends)
    ]
    for start, end in _share(sizes, free):
        yield _tabulate(backends[start:end], [(*names, cells[start:end]) for names, cells in rows])


def _measure(*texts: str) -> int:
    """Return how wide a column with these texts is."""
    return max(map(len, texts)) + FRAME


def _share(sizes: Sequence[int], free: int) -> Iterator[tuple[int, int]]:
    """Yield the bounds of runs of columns that fit; a run has at least one."""
    start, taken = 0, 0
    for place, size in enumerate(sizes):
        if place > start and taken + size > free:
            yield start, place
            start, taken = place, 0
        taken += size
    yield start, len(sizes)


def _tabulate(backends: Sequence[str], rows: Sequence[tuple[str, str, Sequence[Cell | None]]]) -> Table:
    table = Table()
    for heading in ("operation", "dtype"):
        table.add_column(heading, overflow="fold")
    for backend in backends:
        table.add_column(backend, justify="right", overflow="fold")
    for operation, dtype, cells in rows:
        if any(cells):
            table.add_row(operation, dtype, *(_style(cell) if cell else "" for cell in cells))
    return table


def _style(cell: Cell) -> str:
    return f"[{MARKS[cell.state].style}]{cell.text}[/]"
