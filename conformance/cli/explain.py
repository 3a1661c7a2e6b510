"""What ``draftproof explain`` prints: a contract in words."""

from textwrap import fill
from typing import Any

from rich.console import Console
from rich.table import Table

from draftproof.properties.core.contract import Contract


def as_dict(contract: Contract) -> dict[str, Any]:
    """Return the contract's rule, arguments, outputs, laws and options as plain values."""
    return {
        "operation": contract.name,
        "pillar": contract.pillar,
        "rule": contract.rule,
        "source": contract.source,
        "arguments": [
            {"name": a.name, "shape": a.shape, "dtype": a.dtype, "optional": a.optional, "meaning": a.meaning}
            for a in contract.arguments
        ],
        "keywords": {name: list(contract.options.get(name, ("an integer",))) for name in contract.keywords},
        "outputs": [
            {"name": a.name, "shape": a.shape, "dtype": a.dtype, "meaning": a.meaning}
            for a in contract.outputs
        ],
        "dtypes": list(contract.dtypes),
        "laws": [
            {"name": law.name, "sentence": law.sentence, "devices": list(law.devices)}
            for law in contract.laws
        ],
        "hostile features": list(contract.flags),
    }


def show(contract: Contract, console: Console) -> None:
    """Print the contract for a person."""
    console.print(f"[bold]{contract.name}[/] ({contract.pillar})", highlight=False)
    console.print(fill(contract.rule, min(console.width, 100)), highlight=False, markup=False)
    console.print(f"Source: {contract.source}", highlight=False, markup=False)
    table = Table(title="Arguments and outputs", title_justify="left")
    for heading in ("name", "shape", "dtype", "meaning"):
        table.add_column(heading)
    for argument in contract.arguments:
        dtype = " or ".join(contract.dtypes) if argument.dtype == "float" else argument.dtype
        optional = " (optional)" if argument.optional else ""
        table.add_row(argument.name, rf"\{argument.shape}", dtype, argument.meaning + optional)
    for name in contract.keywords:
        table.add_row(f"{name}=", "", "", " or ".join(contract.options.get(name, ("an integer",))))
    table.add_section()
    for output in contract.outputs:
        table.add_row(f"-> {output.name}", rf"\{output.shape}", output.dtype, output.meaning)
    console.print(table)
    laws = Table(title="Laws", title_justify="left")
    for heading in ("law", "what must hold", "checked on"):
        laws.add_column(heading)
    for law in contract.laws:
        laws.add_row(law.name, law.sentence, ", ".join(law.devices))
    console.print(laws)
    console.print(f"Hostile features planted: {', '.join(contract.flags) or 'none'}", highlight=False)
    console.print(
        f"Check yours: draftproof check your.module --op {contract.name}", highlight=False, markup=False
    )
