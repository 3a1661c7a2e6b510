"""What ``draftproof explain`` prints: a contract in words."""

import inspect
from textwrap import fill
from typing import Any

from rich.console import Console
from rich.table import Table

from draftproof.properties.core.contract import Argument, Contract, FunctionContract, ObjectContract


def describe_contract(contract: Contract) -> dict[str, Any]:
    """Return the contract's rule, calls, laws and options as plain values."""
    return {
        "operation": contract.name,
        "pillar": contract.pillar,
        "rule": contract.rule,
        "source": contract.source,
        **_calls(contract),
        "dtypes": list(contract.dtypes),
        "laws": [
            {"name": law.name, "sentence": law.sentence, "devices": list(law.devices)}
            for law in contract.laws
        ],
        "hostile features": list(contract.flags),
    }


def _calls(contract: Contract) -> dict[str, Any]:
    """Return how the thing under contract is called."""
    if isinstance(contract, FunctionContract):
        return {
            "arguments": [{**_tensor(a), "optional": a.optional} for a in contract.arguments],
            "keywords": {name: list(_choices(contract, name)) for name in contract.keywords},
            "outputs": [_tensor(a) for a in contract.results],
        }
    if isinstance(contract, ObjectContract):
        return {"methods": {name: _signature(method) for name, method in contract.methods.items()}}
    return {}


def _tensor(argument: Argument) -> dict[str, Any]:
    return {
        "name": argument.name,
        "shape": argument.shape,
        "dtype": argument.dtype,
        "meaning": argument.meaning,
    }


def _choices(contract: Contract, keyword: str) -> tuple[str, ...]:
    return contract.options.get(keyword, ("an integer",))


def _signature(method: Any) -> str:
    signature = inspect.signature(method)
    own = [each for name, each in signature.parameters.items() if name != "self"]
    return str(signature.replace(parameters=own))


def show(contract: Contract, console: Console) -> None:
    """Print the contract for a person."""
    console.print(f"[bold]{contract.name}[/] ({contract.pillar})", highlight=False)
    console.print(fill(contract.rule, min(console.width, 100)), highlight=False, markup=False)
    console.print(f"Source: {contract.source}", highlight=False, markup=False)
    if isinstance(contract, FunctionContract):
        console.print(_tensors(contract))
    elif isinstance(contract, ObjectContract):
        console.print(_methods(contract))
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


def _tensors(contract: FunctionContract) -> Table:
    table = Table(title="Arguments and outputs", title_justify="left")
    for heading in ("name", "shape", "dtype", "meaning"):
        table.add_column(heading)
    for argument in contract.arguments:
        dtype = " or ".join(contract.dtypes) if argument.dtype == "float" else argument.dtype
        notes = " (optional)" * argument.optional + " (written to)" * argument.mutated
        table.add_row(argument.name, rf"\{argument.shape}", dtype, argument.meaning + notes)
    for name in contract.keywords:
        table.add_row(f"{name}=", "", "", " or ".join(_choices(contract, name)))
    table.add_section()
    for output in contract.outputs:
        table.add_row(f"-> {output.name}", rf"\{output.shape}", output.dtype, output.meaning)
    return table


def _methods(contract: ObjectContract) -> Table:
    table = Table(title="Calls", title_justify="left")
    for heading in ("method", "what it does"):
        table.add_column(heading)
    for name, method in contract.methods.items():
        first = (inspect.getdoc(method) or "").partition("\n")[0]
        table.add_row(f"{name}{_signature(method)}".replace("[", "\\["), first)
    return table
