"""``draftproof list``: the operations there are."""

from rich.table import Table

from draftproof.conformance.cli.arguments import AsJson
from draftproof.conformance.cli.printing import out, print_json
from draftproof.properties.contracts import CONTRACTS


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
