"""One contract per operation, in its pillar's file; ``CONTRACTS`` finds them."""

import pkgutil
from importlib import import_module

from draftproof.properties.core.contract import Contract


def _found() -> dict[str, Contract]:
    found: dict[str, Contract] = {}
    for module in pkgutil.iter_modules(__path__):
        for value in vars(import_module(f"{__name__}.{module.name}")).values():
            if isinstance(value, Contract):
                if value.name in found:
                    raise ValueError(f"two contracts are named {value.name!r}")
                found[value.name] = value
    return found


CONTRACTS: dict[str, Contract] = _found()
"""Every contract by the name of its operation."""
