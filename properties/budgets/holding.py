"""Holds compiled kernels to their budgets, without compiling what cannot have changed.

Compiled is what was not compiled with the stored digest, and an eighth of the rest, another one with
another commit: it shows a digest that misses something, and a row written by hand. The commit decides,
not the calendar, so that the same sources always get the same verdict.
"""

import os
import subprocess
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from draftproof.optimized.compiled import Compilation
from draftproof.properties.budgets.resources import (
    ARCHITECTURES,
    MAX_REGISTERS,
    MAX_SHARED,
    Resources,
    resources,
)
from draftproof.properties.budgets.table import Budget, Budgets, digest

PARTS = 8
ALL = "DRAFTPROOF_COMPILE"
"""Set to "all", everything is compiled."""


@dataclass(slots=True)
class Outcome:
    """What was found."""

    wrong: list[str] = field(default_factory=list)
    """Each breach of a budget, in words."""
    outdated: list[str] = field(default_factory=list)
    """Compilations whose digest is not the stored one, though they keep the budget."""
    compiled: list[str] = field(default_factory=list)


def hold(
    arch: str,
    compilations: Mapping[str, Compilation],
    budgets: Budgets | None,
    due: Collection[str],
    read: Callable[[bytes], dict[str, Resources]] = resources,
) -> Outcome:
    """Hold compilations to what the hardware has and to their budgets; without budgets compile them all.

    Those named in ``due`` are compiled though their digests are the stored ones, and must then give
    exactly what is stored. ``read`` reads a cubin.
    """
    outcome = Outcome()
    known = budgets if budgets is not None else {}
    for name, budget in known.items():
        outcome.wrong += _breaches(arch, f"stored {name}", budget.kernels)
        if name not in compilations:
            outcome.wrong.append(f"{name}: stored, but no longer compiled")
    for name, compilation in compilations.items():
        stored, present = known.get(name), digest(compilation)
        unchanged = stored is not None and stored.digest == present
        if unchanged and name not in due:
            continue
        found = read(compilation.machine_code())
        outcome.compiled.append(name)
        wrong = _breaches(arch, name, found)
        if stored is not None:
            wrong += _deviations(name, found, stored, unchanged)
        elif budgets is not None:
            wrong.append(f"{name}: compiled, but not stored")
        outcome.wrong += wrong
        if stored is not None and not unchanged and not wrong:
            outcome.outdated.append(name)
    return outcome


def _breaches(arch: str, name: str, kernels: Mapping[str, Resources]) -> list[str]:
    """What no kernel may take. Spilled registers live on the stack: without a stack there are none."""
    return [
        f"{name}:{kernel}: {taken}, expected no stack, no local memory, "
        f"at most {MAX_REGISTERS} registers and {MAX_SHARED[arch]} shared bytes"
        for kernel, taken in kernels.items()
        if taken.stack or taken.local or taken.registers > MAX_REGISTERS or taken.shared > MAX_SHARED[arch]
    ]


def _deviations(name: str, found: Mapping[str, Resources], stored: Budget, unchanged: bool) -> list[str]:
    """What differs from the table: anything if nothing changed, else only what grew, came or went."""
    wrong = []
    for kernel in sorted(found.keys() | stored.kernels.keys()):
        taken, allowed = found.get(kernel), stored.kernels.get(kernel)
        if taken is None or allowed is None:
            wrong.append(f"{name}:{kernel}: compiled {taken}, stored {allowed}")
        elif unchanged and taken != allowed:
            wrong.append(f"{name}:{kernel}: {taken}, but the same sources are stored with {allowed}")
        elif taken.registers > allowed.registers or taken.shared > allowed.shared:
            wrong.append(f"{name}:{kernel}: {taken}, more than the stored {allowed}")
    return wrong


def due(arch: str, names: Collection[str], turn: int | None) -> set[str]:
    """Return the names whose turn it is; all for None. Over ``PARTS`` turns every name comes once."""
    if turn is None:
        return set(names)
    # Each architecture is at another part, so that a short list is not left out as a whole.
    return set(sorted(names)[(turn + ARCHITECTURES.index(arch)) % PARTS :: PARTS])


def turn(folder: Path = Path(__file__).parent) -> int | None:
    """Return whose turn it is, from the commit checked out, or the ISO week where git tells none.

    None if DRAFTPROOF_COMPILE=all; ValueError if it says anything else.
    """
    asked = os.environ.get(ALL)
    if asked == "all":
        return None
    if asked is not None:
        raise ValueError(f"{ALL} must be 'all' or unset, got {asked!r}")
    try:
        command = ["git", "rev-parse", "HEAD"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
        return int(done.stdout, 16) % PARTS
    except (OSError, subprocess.CalledProcessError):
        return datetime.now(UTC).isocalendar().week % PARTS
