"""Timings as a table, ready for a pull request, and single figures for people."""

from collections.abc import Iterable, Iterator, Sequence

from draftproof.conformance.reporting.records import BenchRow
from draftproof.conformance.reporting.report import short_name


def markdown(rows: Sequence[BenchRow]) -> str:
    """Return the timings as a Markdown table, ready for a pull request."""
    lines = [
        "| operation | case | backend | µs | range | of floor | of baseline | target | published | memory |",
        "| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in rows:
        peer = f"{row.peer_microseconds:.4g} {row.peer or ''}".strip() if row.peer_microseconds else "—"
        cells = [
            f"`{row.operation}`",
            f"`{row.case.partition('/')[2]}`",
            short_name(row.backend),
            f"{row.microseconds:.4g}",
            f"{row.lowest:.4g} to {row.highest:.4g}",
            f"{row.ratio_to_floor:.2f} x",
            "—" if row.ratio_to_eager is None else f"{row.ratio_to_eager:.3g} x",
            compare_with_target(row),
            peer,
            memory(row.peak_bytes),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def write_lines(rows: Iterable[BenchRow]) -> Iterator[str]:
    """Yield the timings as text for a terminal of eighty columns: a shape, and under it everyone's time."""
    cases: dict[str, list[BenchRow]] = {}
    for row in rows:
        cases.setdefault(row.case, []).append(row)
    for case, alike in cases.items():
        operation, shape, dtype, options, *_ = case.split("/")
        telling = [part for part in options.split(",") if part.startswith(("rule=", "act="))]
        yield " ".join([operation, shape, dtype, *telling])
        longest = max(len(short_name(row.backend)) for row in alike)
        for row in alike:
            ratio = "" if row.ratio_to_eager is None else f"{row.ratio_to_eager:9.3g} x baseline"
            name, time = short_name(row.backend), f"{row.microseconds:12,.2f} us"
            yield f"    {name:{longest}} {time} {row.ratio_to_floor:12,.2f} x floor {ratio}".rstrip()
        first = alike[0]
        beside = [f"target {first.target_microseconds:g} us"] if first.target_microseconds else []
        if first.peer_microseconds:
            beside.append(f"published {first.peer_microseconds:g} us {first.peer or ''}".rstrip())
        if beside:
            yield f"    {', '.join(beside)}"


def compare_with_target(row: BenchRow) -> str:
    """Return the target with whether it is met: ``"26 ✓"``, or by how much not: ``"26 ✗ 1.31 x"``."""
    if row.target_microseconds is None:
        return "—"
    if row.microseconds <= row.target_microseconds:
        return f"{row.target_microseconds:.4g} ✓"
    # A target of nothing cannot be met, and has no ratio.
    over = f" {row.microseconds / row.target_microseconds:.2f} x" if row.target_microseconds else ""
    return f"{row.target_microseconds:.4g} ✗{over}"


def memory(amount: int | None) -> str:
    """Return a number of bytes for people.

    >>> memory(None), memory(900), memory(1_052_672)
    ('—', '900 B', '1.00 MiB')
    """
    if amount is None:
        return "—"
    size = float(amount)
    for unit in ("B", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.0f} B" if unit == "B" else f"{size:.2f} {unit}"
        size /= 1024
    return f"{size:.2f} GiB"
