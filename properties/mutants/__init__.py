"""Small wrong backends, each a bug that was shipped once or a classic slip: the suite must reject them all.

``draftproof check draftproof.properties.mutants.zero_coin_accepts`` shows one being rejected. To plant a
new bug, add a module with ``STORY``, ``KILLED_BY``, the operation, and, if it is not about memory,
``CONFORMANCE = {"arrays": "numpy"}``: it is found by its ``STORY``.
"""

import pkgutil
from importlib import import_module

from draftproof.properties.mutants.mutant import Mutant


def _found() -> dict[str, Mutant]:
    modules = (import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__))
    mutants = (Mutant.of(module) for module in modules)
    return {mutant.name: mutant for mutant in mutants if mutant is not None}


MUTANTS: dict[str, Mutant] = _found()
"""Every mutant by name."""
