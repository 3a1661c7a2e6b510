"""What a source file takes from other files of the package, read from its text and never by importing it."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PACKAGE = "draftproof"

GENERATED = ("optimized/operations", "optimized/triton/variants.py")
"""Made by a command; like a package's ``__init__`` they only name what others hold."""

INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


def find_needed(path: str, root: Path) -> frozenset[str]:
    """Return the files that a file needs at once, as paths in the package at ``root``.

    For a Python file what its imports mean, wherever they stand, and the ``.cu`` or ``.cpp`` beside it; for
    C, C++ and CUDA the files that it includes by name. A name that a package's ``__init__`` has from
    somewhere stands for where it is from; the ``__init__`` itself, and ``GENERATED``, are never needed.
    """
    return _needed(path, root, (root / path).stat().st_mtime_ns)


@cache
def _needed(path: str, root: Path, modified: int) -> frozenset[str]:
    if not path.endswith(".py"):
        return frozenset(_included(path, root))
    beside = (Path(path).with_suffix(suffix).as_posix() for suffix in (".cu", ".cpp"))
    found = {name for name in beside if (root / name).is_file()}
    found |= set(_parsed(path, root, modified).imports())
    return frozenset(name for name in found if not name.startswith(GENERATED))


def _included(path: str, root: Path) -> Iterator[str]:
    """Yield what is included: searched beside the file, in the backend's folder, and in its ``include``."""
    here = Path(path)
    backend = Path(*here.parts[:2])
    for name in INCLUDE.findall((root / path).read_text(encoding="utf-8")):
        for folder in (here.parent, backend, backend / "include"):
            if (root / folder / name).is_file():
                yield (folder / name).as_posix()
                break


class _Module:
    """One Python file: its names that stand for something of the package."""

    def __init__(self, path: str, root: Path) -> None:
        self.root = root
        self.tree = ast.parse((root / path).read_text(encoding="utf-8"))
        self.names: dict[str, tuple[str, str]] = {}
        """What is imported under a name: the folder or module that it is from, and its name there."""
        self.modules: set[str] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom) and _is_ours(node.module):
                for alias in node.names:
                    self.names[alias.asname or alias.name] = _folder(node.module or ""), alias.name
            elif isinstance(node, ast.Import):
                for alias in filter(lambda alias: _is_ours(alias.name), node.names):
                    self.modules.add(_folder(alias.name))
                    whole = alias.name if alias.asname else PACKAGE
                    parent, _, name = _folder(whole).rpartition("/")
                    self.names[alias.asname or PACKAGE] = parent, name

    def imports(self) -> Iterator[str]:
        """Yield the files that hold what is imported."""
        yield from (f"{module}.py" for module in self.modules if (self.root / f"{module}.py").is_file())
        for folder, name in self.names.values():
            yield from find_holders(folder, name, self.root)
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Attribute):
                package = self._package(node.value)
                if package is not None:
                    yield from find_holders(package, node.attr, self.root)

    def sources_of(self, name: str) -> Iterator[str]:
        """Yield the files that hold what ``name`` stands for here, through assignments too."""
        if name in self.names:
            yield from find_holders(*self.names[name], self.root)
            return
        for node in self.tree.body:
            targets = [*getattr(node, "targets", ()), getattr(node, "target", None)]
            if name == getattr(node, "name", "") or name in [getattr(t, "id", None) for t in targets]:
                used = {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
                for other in used & self.names.keys():
                    yield from find_holders(*self.names[other], self.root)

    def _package(self, node: ast.AST) -> str | None:
        """Return the package's folder that an expression stands for, if it stands for one."""
        if isinstance(node, ast.Name) and node.id in self.names:
            folder, name = self.names[node.id]
        elif isinstance(node, ast.Attribute) and (outer := self._package(node.value)) is not None:
            folder, name = outer, node.attr
        else:
            return None
        whole = f"{folder}/{name}".strip("/")
        return whole if (self.root / whole / "__init__.py").is_file() else None


def find_holders(folder: str, name: str, root: Path) -> set[str]:
    """Return the files that hold ``name`` of a module or package; none for a package itself."""
    inside = f"{folder}/{name}".strip("/")
    if (root / f"{inside}.py").is_file() and name != "__init__":
        return {f"{inside}.py"}
    if (root / inside).is_dir():
        return set()
    if folder and (root / f"{folder}.py").is_file():
        return {f"{folder}.py"}
    listed = f"{folder}/__init__.py".strip("/")
    if not (root / listed).is_file():
        return set()
    return set(_parsed(listed, root, (root / listed).stat().st_mtime_ns).sources_of(name))


@cache
def _parsed(path: str, root: Path, modified: int) -> _Module:
    return _Module(path, root)


def _is_ours(module: str | None) -> bool:
    return module is not None and (module == PACKAGE or module.startswith(f"{PACKAGE}."))


def _folder(module: str) -> str:
    """Return where a module lies in the package, without suffix."""
    return module.removeprefix(PACKAGE).replace(".", "/").strip("/")
