"""What ``draftproof bench`` times, and how it shows the times."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from rich.console import Console
from rich.table import Table

from draftproof.conformance import charts
from draftproof.conformance.diagnostic import DiagnosticError
from draftproof.conformance.ours import BACKENDS
from draftproof.conformance.records import BenchRow
from draftproof.conformance.report import short_name
from draftproof.conformance.session import chosen
from draftproof.properties.backend import unavailable


def bench_rows(modules: Sequence[str], operations: Sequence[str]) -> Callable[[], Iterator[BenchRow]]:
    """Return a function that times the modules (all of ours if none) on every benchmark shape.

    Raises DiagnosticError at once where there is no CUDA device or no torch.
    """
    try:
        import torch
    except ImportError as missing:
        raise DiagnosticError(
            "bench-torch", "bench needs torch", [], "pip install 'draftproof[torch]'"
        ) from missing
    if not torch.cuda.is_available():
        raise DiagnosticError(
            "bench-device",
            "bench needs a CUDA device, and there is none here",
            [],
            "run it on a machine with a GPU",
        )
    from draftproof.conformance.bench import EAGER, bench, without_peers

    sys.path.insert(0, str(Path.cwd()))
    asked = [name for name in modules or BACKENDS[1:] if _runs(name)]
    shown = {short_name(name) for name in asked}
    on_h100 = "H100" in torch.cuda.get_device_name()

    def rows() -> Iterator[BenchRow]:
        for contract in chosen(operations):
            for shape in contract.benches:
                for row in bench(contract, shape, [EAGER, *(name for name in asked if name != EAGER)]):
                    if row.backend in shown:
                        yield row if on_h100 else without_peers(row)
                torch.cuda.empty_cache()

    return rows


def _runs(backend: str) -> bool:
    try:
        module = import_module(backend)
    except ModuleNotFoundError as error:
        if error.name and backend.startswith(error.name):
            raise DiagnosticError("backend-broken", f"there is no module {error.name!r}") from error
        return False
    except ImportError:
        return False
    return unavailable(module, "cuda") is None


def show_benches(rows: Sequence[BenchRow], folder: Path, console: Console) -> None:
    """Print the table and write it, with the chart, ready for a pull request."""
    table = Table()
    for heading in ("operation", "shape", "backend", "us", "x floor", "x eager", "target", "published"):
        table.add_column(heading, justify="left" if heading in ("operation", "shape", "backend") else "right")
    for row in rows:
        _, shape, dtype, options, *_ = row.case.split("/")
        rule = next((f" {part}" for part in options.split(",") if part.startswith("rule=")), "")
        table.add_row(
            row.operation,
            f"{shape} {dtype}{rule}",
            row.backend,
            f"{row.microseconds:.2f}",
            f"{row.ratio_to_floor:.2f}",
            f"{row.ratio_to_eager:.3f}" if row.ratio_to_eager else "-",
            f"{row.target_microseconds:g}" if row.target_microseconds else "-",
            f"{row.peer_microseconds:g} {row.peer}" if row.peer_microseconds else "-",
        )
    console.print(table)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.json").write_text(
        json.dumps([asdict(row) for row in rows], indent=1) + "\n", encoding="utf-8"
    )
    (folder / "bench.md").write_text(charts.markdown(rows) + "\n", encoding="utf-8")
    (folder / "bench.svg").write_text(charts.chart(rows), encoding="utf-8")
