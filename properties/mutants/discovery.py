"""Finds the mutants: modules with a ``STORY``, each in the folder of the operation that it breaks."""

import pkgutil
import re
from importlib import import_module
from types import ModuleType

from draftproof.properties.mutants.mutant import Mutant

WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def load_mutants(package: ModuleType) -> dict[str, Mutant]:
    """Import every module below a package and return the mutants among them, by name.

    Raises ValueError, naming the mutant, if it breaks no operation, stands in another folder than that of
    the first operation it breaks, or has the name of another one.
    """
    mutants: dict[str, Mutant] = {}
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        mutant = Mutant.of(import_module(found.name))
        if mutant is None:
            continue
        _check_folder(mutant)
        if mutant.name in mutants:
            places = f"{mutants[mutant.name].module.__name__} and {mutant.module.__name__}"
            raise ValueError(f"mutant {mutant.name}: expected one module of this name, got {places}")
        mutants[mutant.name] = mutant
    return dict(sorted(mutants.items()))


def folder_of(operation: str) -> str:
    """Return the folder for an operation's mutants.

    >>> folder_of("RadixTree"), folder_of("verify_chain")
    ('radix_tree', 'verify_chain')
    """
    return WORDS.sub("_", operation).lower()


def _check_folder(mutant: Mutant) -> None:
    if not mutant.operations:
        raise ValueError(f"mutant {mutant.name}: expected an operation under its own name, got none")
    expected, folder = folder_of(mutant.operations[0]), mutant.module.__name__.split(".")[-2]
    if folder != expected:
        raise ValueError(
            f"mutant {mutant.name}: expected in the folder {expected}/, of the operation that it breaks, "
            f"got {folder}/"
        )
