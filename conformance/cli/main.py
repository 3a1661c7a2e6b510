"""The command line: every subcommand of ``draftproof`` and its exit codes."""

import sys
import traceback
from typing import Annotated

try:
    import typer
except ImportError as missing:
    raise SystemExit(
        f"draftproof: the command line needs {missing.name}: pip install 'draftproof[test]'"
    ) from missing

from draftproof import __version__
from draftproof.conformance.cli.commands.badge import badge
from draftproof.conformance.cli.commands.bench import bench
from draftproof.conformance.cli.commands.check import check
from draftproof.conformance.cli.commands.diff import diff
from draftproof.conformance.cli.commands.explain import explain
from draftproof.conformance.cli.commands.listing import list_operations
from draftproof.conformance.cli.commands.new import new
from draftproof.conformance.cli.commands.power import power
from draftproof.conformance.cli.commands.record import record
from draftproof.conformance.cli.commands.replay import replay
from draftproof.conformance.cli.commands.trace import trace
from draftproof.conformance.cli.printing import console
from draftproof.conformance.cli.settings import read_settings
from draftproof.conformance.diagnostic import DiagnosticError

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Proves kernels of LLM decoding right, and measures them.",
)
NONSENSE, CRASHED = 2, 3
"""Exit codes of a request that makes no sense, and of draftproof's own failure."""


def _print_version(asked: bool) -> None:
    if asked:
        print(f"draftproof {__version__}")
        raise typer.Exit


@app.callback()
def describe(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Proves kernels of LLM decoding right, and measures them."""
    if context.invoked_subcommand == "check":
        context.default_map = {"check": read_settings()}


app.command("list")(list_operations)
for command in (check, bench, replay, explain, new, diff, badge, power, record, trace):
    app.command()(command)


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
