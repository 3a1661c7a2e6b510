"""The command line: every subcommand of ``draftproof`` and its exit codes."""

import math
import sys
import time
import traceback
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

try:
    import typer
    from rich.table import Table
except ImportError as missing:
    raise SystemExit(
        f"draftproof: the command line needs {missing.name}: pip install 'draftproof[test]'"
    ) from missing

from draftproof import __version__
from draftproof.conformance.cli import explain as explanation
from draftproof.conformance.cli.outcome import show_outcome
from draftproof.conformance.cli.power import power
from draftproof.conformance.cli.printing import console, out, print_json
from draftproof.conformance.cli.progress import show_progress
from draftproof.conformance.cli.record import record
from draftproof.conformance.cli.trace import trace
from draftproof.conformance.diagnostic import DiagnosticError
from draftproof.conformance.evidence import publish
from draftproof.conformance.reporting.folder import prepare_folder
from draftproof.conformance.running.backends import BACKENDS, choose_device
from draftproof.conformance.running.child import Child
from draftproof.conformance.running.request import parse_request, refuse_alike, select_contracts
from draftproof.conformance.running.session import (
    find_unproved,
    is_wrong,
    load_sessions,
    read_waivers,
    share_time,
    write_overview,
)
from draftproof.conformance.timing.bench import has_timings, prepare_benches, show_benches
from draftproof.properties.contracts import CONTRACTS
from draftproof.properties.core.verdict import State

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Proves kernels of LLM decoding right, and measures them.",
)
NONSENSE, CRASHED = 2, 3
"""Exit codes of a request that makes no sense, and of draftproof's own failure."""


class Device(StrEnum):
    """Where a backend is checked."""

    CPU = "cpu"
    CUDA = "cuda"
    INTERPRETER = "interpreter"


class Budget(StrEnum):
    """How much is checked."""

    SMALL = "small"
    STANDARD = "standard"
    DEEP = "deep"


Modules = Annotated[
    list[str] | None, typer.Argument(help="Importable backends; all of draftproof's own if none.")
]
Operations = Annotated[list[str] | None, typer.Option("--op", help="Only this operation; may be repeated.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]
OnDevice = Annotated[Device | None, typer.Option(help="Where to check; a GPU where there is one by default.")]


def _print_version(asked: bool) -> None:
    if asked:
        print(f"draftproof {__version__}")
        raise typer.Exit


@app.callback()
def describe(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Proves kernels of LLM decoding right, and measures them."""


@app.command("list")
def list_operations(as_json: AsJson = False) -> None:
    """Print the operations, each with its pillar and the backends of draftproof's own that have it."""
    listed = [
        {"operation": contract.name, "pillar": contract.pillar, "backends": list(contract.backends)}
        for contract in CONTRACTS.values()
    ]
    if as_json:
        print_json(listed)
        return
    table = Table("operation", "pillar", "backends")
    for each in listed:
        table.add_row(str(each["operation"]), str(each["pillar"]), ", ".join(each["backends"]))
    out.print(table)


@app.command()
def check(
    modules: Modules = None,
    operation: Operations = None,
    device: OnDevice = None,
    budget: Annotated[Budget, typer.Option(help="How much to check.")] = Budget.STANDARD,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the case list.")] = 0,
    report: Annotated[Path, typer.Option(help="Folder for reports, page and badge.")] = Path("report"),
    waivers: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="TOML file of known failures, with issue and end."),
    ] = None,
    bench: Annotated[
        bool, typer.Option("--bench", help="Time what is right, too (kernels need a CUDA device).")
    ] = False,
    seconds: Annotated[
        float | None,
        typer.Option(
            min=1, help="End after so long: every operation has had some checks, the rest is not run."
        ),
    ] = None,
    allow_unavailable: Annotated[
        bool,
        typer.Option(
            "--allow-unavailable", help="Exit 0 also if nothing of a backend named here can run here."
        ),
    ] = False,
    python: Annotated[
        Path,
        typer.Option(exists=True, dir_okay=False, help="Interpreter with the backends; it needs NumPy only."),
    ] = Path(sys.executable),
    as_json: AsJson = False,
) -> None:
    """Judge backends: exit 0 if everything present conforms, 1 if anything does not, 2 for nonsense.

    Nonsense is also a backend that was named and of which nothing was judged.

    With --seconds also 0 if the time was over and nothing had failed by then: "incomplete, n of m".
    """
    deadline = time.monotonic() + (math.inf if seconds is None else seconds)
    reports, known = [], read_waivers(waivers, budget, seed)
    due = {module: choose_device(module, device) for module in refuse_alike(modules or BACKENDS)}
    contracts = select_contracts(operation or [])
    prepare_folder(report)
    sessions = load_sessions(due, budget, seed, contracts, str(python))
    for place, session in enumerate(sessions):
        module, end = session.backend, share_time(deadline, sum(s.can_run for s in sessions[place:]))
        timed = bench and session.can_run and has_timings(module, session.device)
        rows = prepare_benches([module], operation or []) if timed else None
        with show_progress(module, session.total, console) as seen:
            reports.append(session.report(report, known, seen, rows, end))
    write_overview(report, reports)
    unproved = find_unproved(reports)
    show_outcome(reports, report, known.idle, unproved, as_json)
    if known.idle or any(is_wrong(result) for each in reports for result in each.results):
        raise typer.Exit(1)
    # Of draftproof's own backends those count that this machine has.
    if unproved and not allow_unavailable and (modules or len(unproved) == len(reports)):
        raise DiagnosticError(
            "nothing-proved",
            "nothing was judged, so nothing is proved",
            [f"{backend}: {reason}" for backend, reason in unproved.items()],
            "--allow-unavailable, if that is what you want",
        )


@app.command()
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


@app.command()
def replay(
    case: Annotated[str, typer.Argument(help="A case in one line, as reports print it.")],
    backend: Annotated[str, typer.Option(help="The importable backend.")],
    law: Annotated[str, typer.Option(help="Which law to check.")] = "admissible",
    device: OnDevice = None,
    as_json: AsJson = False,
) -> None:
    """Run one case again and show every wrong decision."""
    parsed, wanted = parse_request(case, law)
    with Child(backend, choose_device(backend, device)) as child:
        hello = child.hello()
        why = hello.broken or hello.unavailable
        if parsed.operation not in hello.operations:
            why = why or f"it has no operation {parsed.operation}"
        if hello.device not in wanted.devices:
            why = why or f"{law!r} is checked on {', '.join(wanted.devices)}, not on {hello.device}"
        if why:
            raise DiagnosticError("backend-unusable", f"cannot replay on {backend}: {why}")
        answer = child.check(parsed.operation, law, parsed, wanted.seconds)
    if as_json:
        print_json({**asdict(answer), "case": case, "law": law, "backend": backend})
    else:
        colour = "green" if answer.state is State.PASS else "red"
        out.print(f"[{colour}]{answer.state}[/] {law}: {wanted.sentence}", highlight=False)
        for finding in answer.findings:
            out.print(f"  {finding}", highlight=False, markup=False, soft_wrap=True)
        if answer.reason:
            out.print(f"  {answer.reason}", highlight=False, markup=False, soft_wrap=True)
        counts = f"{answer.decisions} decisions, {answer.forgiven} within the rounding bound"
        measures = "".join(f", {name} {value:.4g}" for name, value in answer.measures.items())
        out.print(f"  {counts}{measures}, {answer.seconds:.2f} s", highlight=False)
    raise typer.Exit(0 if answer.state is State.PASS else 1)


@app.command()
def explain(
    operation: Annotated[str, typer.Argument(help="The operation's name.")], as_json: AsJson = False
) -> None:
    """Print an operation's rule, shapes, laws and work, from its contract."""
    contract = select_contracts([operation])[0]
    if as_json:
        print_json(explanation.describe_contract(contract))
    else:
        explanation.show(contract, out)


@app.command()
def badge(
    root: Annotated[Path, typer.Option(help="The project whose README carries the matrix.")] = Path(),
    check_only: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 if anything would change.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make badge, matrix and charts from the evidence; what changed sources make stale is shown so."""
    changed = publish.update(root, write=not check_only)
    if as_json:
        print_json({"changed": changed})
    elif changed:
        out.print(f"{'out of date' if check_only else 'written'}: {', '.join(changed)}", highlight=False)
    else:
        out.print("badge, matrix and charts follow from the evidence", highlight=False)
    raise typer.Exit(1 if check_only and changed else 0)


app.command()(power)
app.command()(record)
app.command()(trace)


def main() -> None:
    """Run the command line: exit code 2 and one explanation for nonsense, 3 for a fault of draftproof."""
    try:
        app()
    except DiagnosticError as error:
        console.print(f"draftproof: {error}", highlight=False, markup=False, soft_wrap=True)
        sys.exit(NONSENSE)
    except Exception:
        traceback.print_exc()
        console.print("draftproof: this is a fault of draftproof: please report it", highlight=False)
        sys.exit(CRASHED)


if __name__ == "__main__":
    main()
