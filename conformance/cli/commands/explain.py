"""``draftproof explain``: a contract in words, enough to implement from."""

from collections.abc import Iterable, Mapping
from textwrap import fill, indent
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from draftproof.conformance.cli.arguments import AsJson
from draftproof.conformance.cli.description import describe_contract
from draftproof.conformance.cli.printing import out, print_json
from draftproof.conformance.running.request import select_contracts

BY_NAME = (
    "Arguments are passed by these names, as torch tensors on the device (NumPy arrays if the module says "
    'CONFORMANCE = {"arrays": "numpy"}); several outputs come back as a tuple in this order. Kernels never '
    "raise for what values hold."
)


def explain(
    operation: Annotated[str, typer.Argument(help="The operation's name.")], as_json: AsJson = False
) -> None:
    """Print an operation's rule, call, status bits, oracle, laws, hostile features and work."""
    about = describe_contract(select_contracts([operation])[0])
    if as_json:
        print_json(about)
        return
    out.print(f"[bold]{about['operation']}[/] ({about['pillar']})", highlight=False)
    _print(fill(about["rule"], min(out.width, 100)))
    _print(f"Source: {about['source']}")
    _print("")
    _print(about.get("call", ""))
    if "arguments" in about:
        _print(fill(BY_NAME, min(out.width, 100)))
        _show_tensors(about)
    for name, method in about.get("methods", {}).items():
        _print(f"\n{name}{method['call']}")
        _print(indent(method["text"], "    "))
    _show_table("Values to be read", ("name", "what it is"), about.get("values", {}).items())
    _show_table("Bits of status", ("bit", "set where"), about.get("status", {}).items())
    _show_oracle(about["oracle"])
    laws = [(law["name"], law["sentence"], ", ".join(law["devices"])) for law in about["laws"]]
    _show_table("Laws", ("law", "what must hold", "checked on"), laws)
    _show_table("Hostile features planted", ("feature", "what it is"), about["hostile features"].items())
    work = about["work"]
    _show_table(
        "Work: the most that has to be moved and computed", work[0] if work else (), map(_values, work)
    )
    for batch, size in about["memory"].items():
        _print(f"Memory beyond inputs and outputs for a batch of {batch}: at most {size:,} bytes")
    _print(f"\nBegin with: draftproof new {operation}")
    _print(f"Check yours: draftproof check your.module --op {operation}")


def _show_tensors(about: Mapping[str, Any]) -> None:
    rows = []
    for tensor in about["arguments"]:
        notes = [word for word in ("optional", "written to", "untrusted") if tensor[word]]
        meaning = tensor["meaning"] + f" ({', '.join(notes)})" * bool(notes)
        rows.append((tensor["name"], tensor["shape"], tensor["dtype"], meaning))
    rows += [(f"{name}=", "", "", " or ".join(choices)) for name, choices in about["keywords"].items()]
    for tensor in about["outputs"]:
        rows.append((f"-> {tensor['name']}", tensor["shape"], tensor["dtype"], tensor["meaning"]))
    _show_table("Arguments and outputs", ("name", "shape", "dtype", "meaning"), rows)


def _show_oracle(oracle: Mapping[str, Any]) -> None:
    _print(f"\nThe oracle, {oracle['code']}")
    _print(indent(oracle["text"], "    "))
    for term in oracle["terms"]:
        _print(f"\n    {term['name']}: {term['meaning']}")
        for member, meaning in term.get("members", {}).items():
            _print(f"        {member}: {meaning}")
        if code := term.get("code", ""):
            _print(indent(code, "        "))


def _show_table(title: str, headings: Iterable[str], rows: Iterable[tuple[str, ...]]) -> None:
    table = Table(title=title, title_justify="left")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*map(escape, row))
    if table.row_count:
        _print("")
        out.print(table)


def _values(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(
        f"{value:,.10g}" if isinstance(value, int | float) else value or "" for value in row.values()
    )


def _print(text: str) -> None:
    """Print lines that the terminal breaks, and a file has as they are."""
    out.print(text, highlight=False, markup=False, soft_wrap=True)
