"""``draftproof badge``: what is shown of the evidence."""

from pathlib import Path
from typing import Annotated

import typer

from draftproof.conformance.cli.arguments import AsJson
from draftproof.conformance.cli.printing import out, print_json
from draftproof.conformance.evidence import publish


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
