"""One contract per operation, a file each in its pillar's folder; ``CONTRACTS`` finds them."""

import pkgutil
from importlib import import_module

from draftproof.properties.core.contract import Contract, FunctionContract


def _collect() -> dict[str, Contract]:
    found: dict[str, Contract] = {}
    for pillar in pkgutil.iter_modules(__path__, f"{__name__}."):
        for module in pkgutil.iter_modules(import_module(pillar.name).__path__, f"{pillar.name}."):
            for value in vars(import_module(module.name)).values():
                if isinstance(value, Contract) and found.setdefault(value.name, value) is not value:
                    raise ValueError(f"two contracts are named {value.name!r}")
    return found


CONTRACTS: dict[str, Contract] = _collect()
"""Every contract by the name of its operation."""

FUNCTIONS: dict[str, FunctionContract] = {
    name: contract for name, contract in CONTRACTS.items() if isinstance(contract, FunctionContract)
}
"""Those of functions of arrays."""
