"""The source that an operation is made of: what it calls, function by function, inside its own package."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

Definition = ast.FunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign

PROMISES = frozenset({"max_constancy", "max_contiguous", "multiple_of"})


class Origin(NamedTuple):
    """Where an imported name comes from; ``name`` is None where it is the module itself."""

    module: str
    name: str | None


@dataclass(frozen=True, slots=True)
class Source:
    """One module's text, what it defines at its top, and what it imports from the same package."""

    module: str
    path: Path
    text: str
    definitions: Mapping[str, Definition] = field(repr=False)
    imports: Mapping[str, Origin] = field(repr=False)


@cache
def read(module: str, package: str) -> Source:
    """Read a module of a package; ModuleNotFoundError, with its name, if there is none."""
    found = find_spec(module)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(f"no module {module}", name=module)
    path = Path(found.origin)
    text = path.read_text(encoding="utf-8")
    definitions: dict[str, Definition] = {}
    imports: dict[str, Origin] = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith(f"{package}."):
            for alias in node.names:
                imports[alias.asname or alias.name] = _origin(str(node.module), alias.name)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            definitions[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                for name in ast.walk(target):
                    if isinstance(name, ast.Name):
                        definitions[name.id] = node
    return Source(module, path, text, definitions, imports)


def _origin(module: str, name: str) -> Origin:
    found = find_spec(module)
    if found is not None and found.submodule_search_locations and find_spec(f"{module}.{name}"):
        return Origin(f"{module}.{name}", None)
    return Origin(module, name)


def reached(module: str, name: str, package: str) -> dict[str, list[Definition]]:
    """Return the definitions that a name needs, by module, in the order of the text.

    What stands in an annotation or a decorator is not needed.
    """
    found: dict[str, dict[int, Definition]] = {}
    seen: set[tuple[str, str]] = set()
    due = [(module, name)]
    while due:
        place = due.pop()
        if place in seen:
            continue
        seen.add(place)
        source = read(place[0], package)
        if place[1] in source.definitions:
            definition = source.definitions[place[1]]
            found.setdefault(place[0], {})[definition.lineno] = definition
            due += _used(definition, source)
    return {each: [lines[line] for line in sorted(lines)] for each, lines in sorted(found.items())}


def _used(definition: Definition, source: Source) -> Iterator[tuple[str, str]]:
    for node in code(definition):
        if isinstance(node, ast.Name):
            if node.id in source.definitions:
                yield source.module, node.id
            origin = source.imports.get(node.id)
            if origin is not None and origin.name is not None:
                yield origin.module, origin.name
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            origin = source.imports.get(node.value.id)
            if origin is not None and origin.name is None:
                yield origin.module, node.attr


def code(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a tree's nodes that are run: no text, annotation, decorator, import or message."""
    if isinstance(node, ast.Import | ast.ImportFrom | ast.JoinedStr) or _is_text(node) or _is_for_types(node):
        return
    if isinstance(node, ast.keyword) and node.arg == "strict":
        return  # of zip, where lengths are equal anyway
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and _is_promise(node.value):
        return  # to Triton's compiler: its interpreter, in which kernels are changed, does not read it
    yield node
    if isinstance(node, ast.Raise):
        return  # the kind of error and what it says: which errors there are is for the laws to say
    for name, value in ast.iter_fields(node):
        if name in ("decorator_list", "annotation", "returns", "ctx", "op", "ops"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from code(child)


def _is_promise(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr in PROMISES


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
