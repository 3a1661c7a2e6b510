"""The report of one backend: JSON Lines, a header, results and benches as they come, a footer.

No footer, no report: a run that crashed must never look like a short good run. The format is
``schemas/report-v1.json``; every line read is validated against it.
"""

import hashlib
import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from draftproof.conformance.diagnostic import DiagnosticError
from draftproof.conformance.reading.files import REPORT, read_lines
from draftproof.conformance.reading.schema import Validator, find_fault
from draftproof.conformance.reading.values import ForeignTextError, cut, parse_json
from draftproof.conformance.reporting.records import (
    BenchRow,
    Footer,
    Header,
    Implementation,
    Machine,
    Report,
    Result,
    Suite,
)
from draftproof.properties.core.verdict import Finding, State

SCHEMAS = Path(__file__).parent

__all__ = [
    "BenchRow",
    "Footer",
    "Header",
    "Implementation",
    "Machine",
    "Report",
    "ReportWriter",
    "Result",
    "Suite",
    "combine",
    "digest",
    "read",
    "replace_infinite",
    "schema",
    "short_name",
]


def digest(lines: Iterable[str]) -> str:
    """Return the digest of a case list, whatever its order."""
    return "sha256:" + hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def short_name(backend: str) -> str:
    """Return the last part of a module's name: ``"draftproof.optimized.triton"`` gives ``"triton"``."""
    return backend.rpartition(".")[2]


class ReportWriter:
    """Appends lines as they come to ``<path>.part``, which becomes the report when the block has ended.

    After an exception there is no report; what was written says how far the run came.
    """

    def __init__(self, path: Path, header: Header) -> None:
        self.path = path
        self.counts: Counter[str] = Counter()
        self.seconds = 0.0
        self._part = path.with_name(f"{path.name}.part")
        self._file = self._part.open("w", encoding="utf-8")
        self._line("header", {"schema": 1, **asdict(header)})

    def result(self, result: Result) -> None:
        """Append a result."""
        self.counts[result.state.value] += 1
        self.seconds += result.seconds
        self._line("result", asdict(result))

    def bench(self, row: BenchRow) -> None:
        """Append a timing."""
        self._line("bench", asdict(row))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            counts = {state.value: self.counts[state.value] for state in State}
            self._line("footer", {"counts": counts, "seconds": self.seconds, "complete": True})
        self._file.close()
        if kind is None:
            self._part.replace(self.path)

    def _line(self, kind: str, fields: dict[str, Any]) -> None:
        # Flushed at once: what a crash leaves behind says how far the run came.
        self._file.write(json.dumps(replace_infinite({"kind": kind, **fields}), allow_nan=False) + "\n")
        self._file.flush()


def read(path: Path) -> Report:
    """Read a report; raise DiagnosticError saying which line is wrong, or that the run did not finish."""
    headers: list[Header] = []
    results: list[Result] = []
    benches: list[BenchRow] = []
    footers: list[Footer] = []
    for number, line in _lines(path):
        if footers or (line["kind"] == "header") != (number == 1):
            raise DiagnosticError(
                "report-malformed",
                f"{path}:{number}: a {line['kind']} line out of place",
                ["a report is one header, results and benches, one footer"],
                "do not append one report to another; pass them as separate files",
            )
        match line.pop("kind"):
            case "header":
                headers.append(_header(line))
            case "result":
                results.append(_result(line))
            case "bench":
                benches.append(BenchRow(**line))
            case _:
                footers.append(Footer(line["counts"], line["seconds"]))
    if not footers:
        raise _truncated(path, "it has no footer")
    _once(path, results)
    counted = Counter(result.state.value for result in results)
    if counted != Counter({state: count for state, count in footers[0].counts.items() if count}):
        raise DiagnosticError(
            "report-counts",
            f"{path}: the footer counts {footers[0].counts}, the lines give {dict(counted)}",
            ["lines were removed or edited"],
            "run the check again",
        )
    return Report(headers[0], tuple(results), tuple(benches), footers[0])


def combine(reports: Sequence[Report]) -> tuple[Report, ...]:
    """Return the reports in order, one per backend and device, if all ran the same checks.

    Raises DiagnosticError for different case lists and for two reports of one backend on one device.
    """
    if not reports:
        raise DiagnosticError(
            "reports-none", "there is no report to combine", [], "run draftproof check first"
        )
    first, subjects = reports[0].header.suite, set()
    for report in reports:
        suite, subject = report.header.suite, report.header.subject
        if suite.digest != first.digest:
            raise DiagnosticError(
                "reports-differ",
                f"{subject.backend} ran another case list than {reports[0].header.subject.backend}",
                [
                    f"{suite.version}, budget {suite.budget}, seed {suite.seed}: {suite.digest}",
                    f"{first.version}, budget {first.budget}, seed {first.seed}: {first.digest}",
                ],
                "check every backend with the same version, budget, seed, operations and device",
            )
        if (subject.backend, subject.device) in subjects:
            raise DiagnosticError(
                "reports-duplicate",
                f"two reports of {subject.backend} on {subject.device}",
                [],
                "keep the newer one",
            )
        subjects.add((subject.backend, subject.device))
    return tuple(reports)


@cache
def schema(name: str) -> Any:
    """Return a schema of this package by its name, such as ``"report-v1"``."""
    return json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))


@cache
def _validator(kind: str) -> Any:
    whole = schema("report-v1")
    return Validator({"$ref": f"#/$defs/{kind}", "$defs": whole["$defs"]})


def _lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    broken: tuple[int, ForeignTextError] | None = None
    number = 0
    for number, raw in read_lines(path, REPORT):
        if broken:
            raise DiagnosticError("report-malformed", f"{path}:{broken[0]}: {broken[1]}") from broken[1]
        try:
            line = parse_json(raw)
        except ForeignTextError as error:
            if not isinstance(error.__cause__, json.JSONDecodeError):
                raise DiagnosticError("report-malformed", f"{path}:{number}: {error}") from error
            broken = number, error  # the last line of a run that was cut off is no JSON
            continue
        _validate(f"{path}:{number}", line)
        yield number, line
    if broken:
        raise _truncated(path, f"line {broken[0]} stops in the middle: {broken[1]}") from broken[1]
    if not number:
        raise _truncated(path, "it is empty")


def _validate(where: str, line: Any) -> None:
    """Hold a line to the schema of its kind."""
    kind = line.get("kind") if isinstance(line, dict) else None
    if kind not in ("header", "result", "bench", "footer"):
        raise DiagnosticError("report-malformed", f"{where}: no line of a report: kind is {cut(kind)}")
    if kind == "header" and line.get("schema") != 1:
        raise DiagnosticError(
            "report-schema",
            f"{where}: schema version {cut(line.get('schema'))}, this draftproof reads 1",
            [],
            "read it with the version of draftproof that wrote it",
        )
    if fault := find_fault(_validator(kind), line):
        raise DiagnosticError("report-malformed", f"{where}: {fault}")


def _truncated(path: Path, cause: str) -> DiagnosticError:
    return DiagnosticError(
        "report-truncated",
        f"{path} is not a complete report: {cause}",
        ["the run was interrupted or crashed before its end"],
        "run the check again; a part of a run is never counted",
    )


def _once(path: Path, results: Sequence[Result]) -> None:
    for (operation, dtype, law, case), times in Counter(result.key for result in results).items():
        if times > 1:
            raise DiagnosticError(
                "report-duplicate",
                f"{path}: {operation} {dtype}, law {law}, has {times} results for case {case}",
                ["two runs were written to one file"],
                "run the check again",
            )


def _header(line: dict[str, Any]) -> Header:
    return Header(
        Suite(**line["suite"]),
        Implementation(**line["subject"]),
        Machine(**line["machine"]),
        line["libraries"],
        line["command"],
        line["started"],
    )


def _result(line: dict[str, Any]) -> Result:
    findings = tuple(
        Finding(f["where"], f["expected"], f["got"], _infinite(f["excess"])) for f in line["findings"]
    )
    measures = {name: _infinite(value) for name, value in line["measures"].items()}
    return Result(**{**line, "state": State(line["state"]), "findings": findings, "measures": measures})


def _infinite(value: float | None) -> float:
    return math.inf if value is None else value


def replace_infinite(value: Any) -> Any:
    """Return a copy of a JSON value in which null stands for what JSON has no number for."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: replace_infinite(inner) for key, inner in value.items()}
    return [replace_infinite(inner) for inner in value] if isinstance(value, list | tuple) else value
