"""Timings sorted into panels: what one drawing, or one line of it, shows."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from draftproof.conformance.reporting.records import BenchRow
from draftproof.conformance.reporting.report import short_name
from draftproof.properties.core.case import Case


class Point(NamedTuple):
    """One time, in microseconds, with the range of the rounds."""

    size: int
    microseconds: float
    lowest: float
    highest: float


@dataclass(slots=True)
class Panel:
    """One operation at one shape: everything that its chart shows, by size of the first axis."""

    operation: str
    shape: str
    """What the title says of the shape: ``"K=4, V=128256, float32, rule=token"``."""
    axis: str
    lines: dict[str, list[Point]] = field(default_factory=dict)
    floor: dict[int, float] = field(default_factory=dict)
    targets: dict[int, float] = field(default_factory=dict)
    peers: dict[int, tuple[float, str]] = field(default_factory=dict)

    @property
    def sizes(self) -> list[int]:
        """The sizes that were timed."""
        return sorted(self.floor)

    @property
    def is_line(self) -> bool:
        """Whether there is something to draw a line through."""
        return len(self.floor) > 1

    def times(self, backend: str) -> dict[int, float]:
        """One backend's microseconds by size."""
        return {point.size: point.microseconds for point in self.lines[backend]}


def panels(rows: Iterable[BenchRow]) -> list[Panel]:
    """Sort timings into panels: cases that differ in the first axis only belong together."""
    found: dict[str, Panel] = {}
    for row in rows:
        case = Case.parse(row.case)
        axis, size = next(iter(case.shape.items()))
        rest = replace(case.reshaped(**{axis: 0}), seed=0)
        parts = [f"{name}={n}" for name, n in case.shape.items() if name != axis] + [case.dtype]
        parts += [f"{name}={value}" for name, value in sorted(case.options.items())] + sorted(case.flags)
        panel = found.setdefault(str(rest), Panel(row.operation, ", ".join(parts), axis))
        line = panel.lines.setdefault(short_name(row.backend), [])
        line.append(Point(size, row.microseconds, row.lowest, row.highest))
        line.sort()
        panel.floor[size] = row.floor_microseconds
        if row.target_microseconds is not None:
            panel.targets[size] = row.target_microseconds
        if row.peer_microseconds is not None:
            panel.peers[size] = row.peer_microseconds, row.peer or "published"
    return list(found.values())


def list_backends(drawn: Iterable[Panel]) -> list[str]:
    """Return who was timed, in the order of appearance."""
    return list(dict.fromkeys(backend for panel in drawn for backend in panel.lines))


def list_peers(drawn: Iterable[Panel]) -> list[str]:
    """Return whose published figures stand beside them, by name: alike in every drawing."""
    return sorted({name for panel in drawn for _, name in panel.peers.values()})


def shorten_size(size: int) -> str:
    """Return a size for an axis: ``"64Mi"`` for 2**26, else its digits."""
    for unit, name in ((2**30, "Gi"), (2**20, "Mi")):
        if size >= unit and size % unit == 0:
            return f"{size // unit}{name}"
    return str(size)
