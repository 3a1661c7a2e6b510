"""``draftproof trace``: what each eviction policy is worth on recorded requests."""

import json
import platform
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from draftproof.conformance.cli.progress import show_steps
from draftproof.conformance.diagnostic import DiagnosticError
from draftproof.conformance.reporting.report import replace_infinite
from draftproof.conformance.studies.prefix import chart, picture, tables
from draftproof.conformance.studies.prefix.cost import count_cost
from draftproof.conformance.studies.prefix.formats import read_trace
from draftproof.conformance.studies.prefix.replay import find_fastest_tree
from draftproof.conformance.studies.prefix.study import plan_replays, study_trace

out = Console()
console = Console(stderr=True)


class Policy(StrEnum):
    """What goes first."""

    LRU = "lru"
    MRU = "mru"
    FIFO = "fifo"
    LFU = "lfu"
    PRIORITY = "priority"


def trace(
    files: Annotated[
        list[Path],
        typer.Argument(
            exists=True, dir_okay=False, help="Mooncake, RAGPulse or agent sessions (JSON lines, .gz too)."
        ),
    ],
    policy: Annotated[
        list[Policy] | None, typer.Option(help="Only this policy; may be repeated. All five by default.")
    ] = None,
    capacity: Annotated[
        list[int] | None,
        typer.Option(
            min=1, help="Blocks that have a slot; may be repeated. Five that fit the trace if none."
        ),
    ] = None,
    page_size: Annotated[int, typer.Option(min=1, max=2**16, help="Blocks per page of the tree.")] = 1,
    block_size: Annotated[
        int | None,
        typer.Option(
            min=1, max=2**20, help="Tokens per block, for a Mooncake trace of blocks of no power of two."
        ),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Folder for tables (Markdown), chart (SVG) and numbers (JSON).")
    ] = None,
    draw: Annotated[
        int, typer.Option(min=0, help="Draw the tree of the first so many requests, too (SVG, in --report).")
    ] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")] = False,
) -> None:
    """Replay recorded requests: hit ratio by policy and capacity, under Belady's optimum.

    Exit 0 if the tree equals exact simulation in every request, 1 if it does not, 2 for nonsense.
    """
    if draw and report is None:
        raise DiagnosticError("trace-draw", "--draw needs a folder", [], "add --report DIR")
    traces = [read_trace(path, block_size) for path in files]
    name, make_tree = find_fastest_tree()
    policies = [each.value for each in policy or Policy]
    plans = [(each, *plan_replays(each, capacity or [], page_size)) for each in traces]
    total = sum(2 * len(each.requests) * len(policies) * len(capacities) for each, _, capacities in plans)
    with show_steps(total, console) as seen:
        studies = [
            study_trace(each, pages, capacities, policies, page_size, make_tree, seen)
            for each, pages, capacities in plans
        ]
    if report is not None:
        studies = [replace(each, cost=count_cost(asked)) for each, asked in zip(studies, traces, strict=True)]
    document = replace_infinite(tables.dump_studies(studies, name, page_size))
    if report is not None:
        options = {
            "block-size": block_size or 0,
            "page-size": page_size if page_size > 1 else 0,
            "draw": draw,
        }
        command = _command(files, policies if policy else [], capacity or [], options)
        report.mkdir(parents=True, exist_ok=True)
        made = {
            "traces.md": tables.render_report(studies, name, _machine(), command),
            "traces.svg": chart.render_chart(studies),
            "traces.json": json.dumps(document, indent=1) + "\n",
        }
        if draw:
            made["tree.svg"] = picture.render_tree(traces[0], draw)
        for file, text in made.items():
            (report / file).write_text(text, encoding="utf-8")
    if as_json:
        print(json.dumps(document, indent=1, allow_nan=False))
    else:
        for each in studies:
            out.print(tables.make_table(each))
        written = f"; tables and chart: {report / 'traces.md'}, traces.svg" if report else ""
        out.print(f"tree: {name}, {_machine()}{written}", highlight=False, soft_wrap=True)
    wrong = [(each.trace, outcome) for each in studies for outcome in each.outcomes if outcome.exact is False]
    for where, outcome in wrong:
        complaint = f"{where}, {outcome.policy}, {outcome.capacity:,} blocks: not what exact simulation finds"
        console.print(f"draftproof: {complaint}", highlight=False, markup=False, soft_wrap=True)
    raise typer.Exit(1 if wrong else 0)


def _machine() -> str:
    return f"Python {platform.python_version()} on {platform.machine()}"


def _command(files: list[Path], policies: list[str], capacities: list[int], options: dict[str, int]) -> str:
    """Return the command that made a report, without what differs from machine to machine."""
    words = ["draftproof trace", *(file.name for file in files)]
    words += [f"--policy {each}" for each in policies] + [f"--capacity {each}" for each in capacities]
    words += [f"--{name} {value}" for name, value in options.items() if value]
    return " ".join([*words, "--report DIR"])
