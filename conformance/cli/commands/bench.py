"""``draftproof bench``: how fast what is right is."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from draftproof.conformance.cli.arguments import AsJson, Modules, Operations
from draftproof.conformance.cli.printing import console, out, print_json
from draftproof.conformance.timing.bench import prepare_benches, show_benches


def bench(
    modules: Modules = None,
    operation: Operations = None,
    output: Annotated[Path, typer.Option(help="Folder for the table (Markdown) and the chart (SVG).")] = Path(
        "report"
    ),
    as_json: AsJson = False,
) -> None:
    """Time kernels in CUDA graphs and host trees on a core, beside the floor, eager and others' figures."""
    rows = list(prepare_benches(modules or [], operation or [])())
    show_benches(rows, output, console if as_json else out)
    if as_json:
        print_json([asdict(row) for row in rows])
