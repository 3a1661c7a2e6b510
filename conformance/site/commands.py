"""The page of the command line, from the commands themselves."""

from collections.abc import Iterator

import typer
from typer.main import get_group

from draftproof.conformance.cli.main import app
from draftproof.conformance.site.operations import tabulate


def write_commands() -> str:
    """Return the page of every command, its arguments and options, in Markdown."""
    return "\n\n".join(_parts()) + "\n"


def _parts() -> Iterator[str]:
    yield "# Command line"
    yield "Every command takes `--help`; `python -m draftproof` is the same as `draftproof`."
    whole = get_group(app)
    context = typer.Context(whole, info_name="draftproof")
    for name in whole.list_commands(context):
        command = whole.get_command(context, name)
        if command is None or command.hidden:
            continue
        own = typer.Context(command, info_name=name, parent=context)
        yield f"## `draftproof {name}`"
        yield command.help or ""
        yield f"```text\n{command.get_usage(own).removeprefix('Usage: ')}\n```"
        rows = [record for each in command.get_params(own) if (record := each.get_help_record(own))]
        yield tabulate(("argument or option", "meaning"), [[f"`{what}`", text] for what, text in rows])
