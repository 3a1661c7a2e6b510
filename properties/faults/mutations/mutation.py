"""A mutation: one change of one operation's source, as text for text; and every one that there is."""

import ast
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from draftproof.properties.contracts import CONTRACTS, FUNCTIONS
from draftproof.properties.faults.mutations.definitions import Definition, Source, code, reached, read
from draftproof.properties.faults.mutations.operators import changes

EAGER = "draftproof.optimized.eager"
REFERENCE = "draftproof.reference"
APART = frozenset({"draftproof.optimized.triton.launch"})
"""Modules that are left as they are: how kernels are compiled and started shows on a GPU only."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """One change of the source."""

    module: str
    """The module that is changed."""
    within: str
    """The function or class around it: ``"RadixTree.match"``."""
    line: int
    column: int
    end: tuple[int, int]
    """Where the changed text ends: line from 1, column from 0, in bytes, as ``ast`` counts."""
    kind: str
    before: str
    after: str
    text: str
    """The line's text, without the space around it."""
    place: int
    """Where in that text the change begins, in characters."""

    @property
    def file(self) -> str:
        """The file, from the checkout's top."""
        return self.module.removeprefix("draftproof.").replace(".", "/") + ".py"

    @property
    def change(self) -> str:
        """The kind, and what becomes of what."""
        return f"{self.kind}: {self.before} -> {self.after}"

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.change}"

    def apply(self, source: str) -> str:
        """Return a module's text with this change."""
        lines = source.encode().splitlines(keepends=True)
        first, last = self.line - 1, self.end[0] - 1
        changed = lines[first][: self.column] + self.after.encode() + lines[last][self.end[1] :]
        return b"".join([*lines[:first], changed, *lines[last + 1 :]]).decode()


def package_of(operation: str) -> str:
    """Return the package whose source is changed unless another is named: of an object its oracle's."""
    return EAGER if operation in FUNCTIONS else REFERENCE


def home(operation: str, package: str) -> str:
    """Return the module in which a package defines an operation.

    Raises ValueError for what is no operation.
    """
    if operation not in CONTRACTS:
        raise ValueError(f"operation must be one of {', '.join(CONTRACTS)}, got {operation!r}")
    found = f"{package}.{CONTRACTS[operation].pillar}"
    if operation in FUNCTIONS:
        return f"{found}.{operation}"
    return str(CONTRACTS[operation].oracle.__module__)


@cache
def mutations(operation: str, package: str | None = None) -> tuple[Mutation, ...]:
    """Return every mutation of an operation's source in a package, in the order of the text."""
    chosen = package or package_of(operation)
    found: list[Mutation] = []
    for module, definitions in reached(home(operation, chosen), operation, chosen).items():
        if module in APART:
            continue
        source = read(module, chosen)
        for definition in definitions:
            found += _of(definition, source)
    return tuple(dict.fromkeys(found))


def share_of(found: tuple[Mutation, ...], share: float, seed: int) -> list[Mutation]:
    """Return a seeded share of mutations in their order, at least one if there is any.

    Raises ValueError for a share outside (0, 1].
    """
    if not 0 < share <= 1:
        raise ValueError(f"share must be in (0, 1], got {share}")
    count = max(1, round(share * len(found))) if found else 0
    chosen = sorted(random.Random(seed).sample(range(len(found)), count))
    return [found[place] for place in chosen]


def _of(definition: Definition, source: Source) -> Iterator[Mutation]:
    scopes = [
        node for node in ast.walk(definition) if isinstance(node, ast.FunctionDef | ast.ClassDef)
    ]  # outer ones first
    lines = source.text.encode().splitlines(keepends=True)
    for node in code(definition):
        for changed, kind, after in changes(node):
            begin, end = changed.lineno - 1, (changed.end_lineno or 0, changed.end_col_offset or 0)
            around = [
                scope.name
                for scope in scopes
                if scope.lineno <= changed.lineno and end[0] <= (scope.end_lineno or 0)
            ]
            # From the end on: both cuts may be in one line.
            before = [*lines[begin : end[0] - 1], lines[end[0] - 1][: end[1]]]
            before[0] = before[0][changed.col_offset :]
            text = lines[begin].decode()
            yield Mutation(
                source.module,
                ".".join(around),
                changed.lineno,
                changed.col_offset,
                end,
                kind,
                " ".join(b"".join(before).decode().split()),
                after,
                text.strip(),
                len(lines[begin][: changed.col_offset].decode()) - len(text) + len(text.lstrip()),
            )
