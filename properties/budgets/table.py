"""The static budget: what each kernel may take of a multiprocessor, and the digest of what it was read from.

``resources.json`` has a line per kernel, under its compiler and architecture. After a change, bring it up
to date with the compilers that the tests run with; what is stored under its present digest stays::

    python -m draftproof.properties.budgets.table triton cupy cuda
"""

import hashlib
import importlib
import json
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from draftproof.optimized.compiled import Compilation
from draftproof.properties.budgets.resources import ARCHITECTURES, Resources, compiler, resources
from draftproof.source_text import strip_native, strip_python

TABLE = Path(__file__).with_name("resources.json")
REFRESH = "python -m draftproof.properties.budgets.table {}"
STRIP = {"python": strip_python, "c++": strip_native}


class Budget(NamedTuple):
    """What is stored of one compilation."""

    digest: str
    kernels: dict[str, Resources]
    """By function name."""


Budgets = dict[str, Budget]
"""By the compilation's name."""


def digest(compilation: Compilation) -> str:
    """Return the digest of what is compiled, and how; comments and docstrings do not count."""
    strip = STRIP[compilation.language]
    parts = (*map(strip, compilation.texts), *compilation.settings)
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def compilations(backend: str, arch: str) -> dict[str, Compilation]:
    """Return everything that a backend compiles for ``arch`` ("sm_90"), by name; nothing is compiled."""
    module = importlib.import_module(f"draftproof.optimized.{backend}")
    return {compilation.name: compilation for compilation in module.compilations(arch)}


def stored(backend: str, arch: str, table: Path = TABLE) -> Budgets | None:
    """Return the budgets for the compiler that is here; None if the table does not know it."""
    rows = json.loads(table.read_text()).get(compiler(backend), {}).get(arch)
    if rows is None:
        return None
    found: Budgets = {}
    for label, row in rows.items():
        name, _, function = label.rpartition(":")
        written = row.pop("digest")
        found.setdefault(name, Budget(written, {})).kernels[function] = Resources(**row)
    return found


def measure(compilations: Iterable[Compilation], known: Budgets) -> Budgets:
    """Return every compilation's budget: the known one if its digest is the same, else by compiling."""
    found = {}
    for compilation in compilations:
        budget, present = known.get(compilation.name), digest(compilation)
        if budget is None or budget.digest != present:
            budget = Budget(present, resources(compilation.machine_code()))
        found[compilation.name] = budget
    return found


def write(measured: Mapping[str, Mapping[str, Budgets]], table: Path = TABLE) -> None:
    """Put budgets, by compiler and architecture, into the table beside those of other compilers."""
    rows = json.loads(table.read_text()) if table.exists() else {}
    for name, architectures in measured.items():
        rows[name] = {
            arch: {
                f"{compiled}:{function}": {"digest": budget.digest, **taken._asdict()}
                for compiled, budget in budgets.items()
                for function, taken in budget.kernels.items()
            }
            for arch, budgets in architectures.items()
        }
    text = json.dumps(rows, indent=1, sort_keys=True)
    one_line_each = re.sub(r"\{\s+(\"digest\"[^}]*?)\s+\}", lambda m: f"{{{' '.join(m[1].split())}}}", text)
    table.write_text(f"{one_line_each}\n")


def main(backends: list[str]) -> None:
    """Bring the table up to date for ``backends``."""
    measured = {}
    for backend in backends:
        name = compiler(backend)
        if name is None:
            raise SystemExit(f"{backend}: its compiler is not installed")
        measured[name] = {
            arch: measure(compilations(backend, arch).values(), stored(backend, arch) or {})
            for arch in ARCHITECTURES
        }
    write(measured)


if __name__ == "__main__":
    main(sys.argv[1:])
