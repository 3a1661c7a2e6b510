"""Which source files a result depends on, with the digest of what each does.

A row depends on the oracle, the contract and the kernel of its operation, and on all that these import.
The law that a backend may be spared, and the memory it may take, stand in its ``CONFORMANCE``: what that
says of the operation counts as a source too, and so does the signature that eager declares for all kernels.
"""

import ast
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from errno import ENOENT
from functools import cached_property
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

import draftproof
from draftproof.conformance.evidence.imports import find_needed
from draftproof.properties import contracts
from draftproof.source_text import digest_code

BASELINE = "eager"
"""The backend whose time every other time is divided by."""

ORACLES = "reference"
"""The backend that has no kernels."""

LAWS = "properties/laws/"
"""What is judged there has no influence on speed: timings do not depend on it."""

FAULTS = "properties/faults/measure.py"
"""What enumerates faults and hunts them."""

MUTATIONS = "properties/faults/mutations/measuring.py"
"""What mutates sources."""

Digests = dict[str, str]
"""The digest of each source by its path in the package."""


class Sources:
    """The package at ``root``; ``places`` is the file of each operation's contract, by default ours."""

    def __init__(self, root: Path | None = None, places: Mapping[str, str] | None = None) -> None:
        self.root = root or Path(draftproof.__file__).parent
        self._places = places
        self._closures: dict[tuple[str, str], Digests] = {}

    @cached_property
    def places(self) -> Mapping[str, str]:
        """The file of each operation's contract: found where the contract is defined."""
        return find_contracts() if self._places is None else self._places

    def of_row(self, operation: str, backend: str) -> Digests:
        """Return the digests that the judgement of an operation in a backend (a short name) depends on.

        Raises FileNotFoundError if the oracle, the contract or the kernel is not where its name says.
        """
        return self._proof(operation) | self._kernel(operation, backend)

    def of_timing(self, operation: str, backend: str) -> Digests:
        """Return the digests that a time depends on: the baseline's too, and no law's."""
        timed = self._follow(self._contract(operation), LAWS) | self._kernel(operation, backend)
        if self.kernel_of(operation, BASELINE).is_file():
            timed |= self._kernel(operation, BASELINE)
        return timed

    def of_mutant(self, operations: tuple[str, ...], module: str) -> Digests:
        """Return the digests that the fate of a mutant, a module of the package, depends on."""
        digests: Digests = {}
        for operation in operations:
            digests |= self._proof(operation)
        return digests | self._follow(module.removeprefix("draftproof.").replace(".", "/") + ".py")

    def of_power(self, operation: str) -> Digests:
        """Return the digests that the suite's power over an operation's faults depends on."""
        model = self._follow(FAULTS) | self._follow(MUTATIONS)
        return self._proof(operation) | model | self._faulty(operation)

    def kernel_of(self, operation: str, backend: str) -> Path:
        """Return where a backend has its kernel of an operation, if it has one."""
        return self.root / self._named("optimized", backend, operation)

    def _proof(self, operation: str) -> Digests:
        return self._follow(self._named(ORACLES, "", operation)) | self._follow(self._contract(operation))

    def _kernel(self, operation: str, backend: str) -> Digests:
        if backend == ORACLES:
            return {}
        kernel = self._follow(self._named("optimized", backend, operation))
        if backend != BASELINE:
            kernel = kernel | self._declaration(operation)
        init = f"optimized/{backend}/__init__.py"
        declared = _declared(self.root / init, operation)
        if not declared:
            return kernel
        said = json.dumps(declared, sort_keys=True, default=sorted)
        return {**kernel, f"{init}: CONFORMANCE": _short_digest(said)}

    def _faulty(self, operation: str) -> Digests:
        """Return the digests of what faults are wrapped around: the eager backend, if it has this."""
        return self._kernel(operation, BASELINE) if self.kernel_of(operation, BASELINE).is_file() else {}

    def _declaration(self, operation: str) -> Digests:
        """Return the digest of the signature that eager declares: every kernel's arguments are held to it."""
        name = self._named("optimized", BASELINE, operation)
        if not (self.root / name).is_file():
            return {}
        text = (self.root / name).read_text(encoding="utf-8")
        for node in ast.parse(text).body:
            if isinstance(node, ast.FunctionDef) and node.name == operation:
                head = text.splitlines()[node.lineno - 1 : node.body[0].lineno - 1]
                return {f"{name}: signature": _short_digest("\n".join(head))}
        return {}

    def _contract(self, operation: str) -> str:
        return self.places[operation]

    def _named(self, folder: str, backend: str, operation: str) -> str:
        """Return the file that an operation has in a folder by its name and its pillar."""
        parts = Path(self._contract(operation)).with_suffix("").parts
        return "/".join(filter(None, (folder, backend, parts[2], f"{name_file(operation)}.py")))

    def _follow(self, start: str, without: str = "//") -> Digests:
        """Return the digests of a file and of all that it needs, however indirectly."""
        if (start, without) not in self._closures:
            if not (self.root / start).is_file():
                raise FileNotFoundError(ENOENT, f"no such source in {self.root}", start)
            met, due = {start}, [start]
            while due:
                new = {n for n in find_needed(due.pop(), self.root) if not n.startswith(without)} - met
                met |= new
                due += new
            self._closures[start, without] = {name: digest_code(self.root / name) for name in sorted(met)}
        return self._closures[start, without]


def _short_digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def name_file(operation: str) -> str:
    """Return the name of an operation's files.

    >>> name_file("verify_chain"), name_file("RadixTree")
    ('verify_chain', 'radix_tree')
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", operation).lower()


def find_contracts() -> dict[str, str]:
    """Return the file in which each operation's contract is defined, as a path in the package."""
    names = {id(contract): name for name, contract in contracts.CONTRACTS.items()}
    found: dict[str, str] = {}
    for module in walk_packages(contracts.__path__, f"{contracts.__name__}."):
        path = module.name.removeprefix("draftproof.").replace(".", "/") + ".py"
        for value in vars(import_module(module.name)).values() if not module.ispkg else ():
            name = names.get(id(value))
            # Another contract's module may import it; its own is called like it.
            if name is not None and (name not in found or Path(path).stem == name_file(name)):
                found[name] = path
    return found


def _declared(init: Path, operation: str) -> dict[str, Any]:
    """Return what a backend's ``CONFORMANCE`` says of one operation."""
    declared: dict[str, Any] = {}
    for value in _assigned(init, "CONFORMANCE") if init.is_file() else ():
        declared = ast.literal_eval(value)
    said = {name: declared[name] for name in ("arrays", "memory", operation) if name in declared}
    return said | {"synchronises": True} if operation in declared.get("synchronises", ()) else said


def _assigned(path: Path, name: str) -> Iterator[ast.expr]:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and [getattr(t, "id", "") for t in node.targets] == [name]:
            yield node.value
