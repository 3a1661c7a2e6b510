"""An operation from changed source, beside the real one: no file and no imported module is touched."""

import builtins
import linecache
from collections.abc import Callable, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any

from draftproof.properties.faults.mutations.definitions import reached, read
from draftproof.properties.faults.mutations.mutation import Mutation, home, package_of

IMPLEMENT = "draftproof.optimized.signatures.implement"
"""Where the decorator lives that makes a function an operation."""


def load(operation: str, mutation: Mutation | None, package: str | None = None) -> ModuleType:
    """Return a backend that has one operation, made anew from a package's source with one change.

    Every module that the operation needs of the package is executed again, under its own name, and the copies
    import each other. Without a mutation they do what the real ones do. What executing raises is passed on.
    """
    chosen = package or package_of(operation)
    texts = {
        module: read(module, chosen).text for module in reached(home(operation, chosen), operation, chosen)
    }
    if mutation is not None:
        texts[mutation.module] = mutation.apply(texts[mutation.module])
    backend = ModuleType(chosen)
    real = import_module(chosen)
    vars(backend)["CONFORMANCE"] = getattr(real, "CONFORMANCE", {})
    vars(backend)[operation] = getattr(_Copies(texts).module(home(operation, chosen)), operation)
    return backend


class _Copies:
    """Modules executed from given texts, which find each other and, of all else, the real modules."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.texts = texts
        self.made: dict[str, ModuleType] = {}

    def module(self, name: str) -> ModuleType:
        """Return the copy of a module, executed once."""
        if name not in self.made:
            copy = self.made[name] = ModuleType(name)
            # Triton reads its kernels' source again: it finds it under this name.
            file = f"<changed {name} {id(self)}>"
            linecache.cache[file] = (len(self.texts[name]), None, self.texts[name].splitlines(True), file)
            vars(copy).update(
                __file__=file,
                __package__=name.rpartition(".")[0],
                __builtins__={**vars(builtins), "__import__": self._import},
            )
            exec(compile(self.texts[name], file, "exec"), vars(copy))
        return self.made[name]

    def _import(self, name: str, *rest: Any) -> ModuleType:
        if name in self.texts:
            return self.module(name)
        found: ModuleType = builtins.__import__(name, *rest)
        wanted = (rest[2] if len(rest) > 2 else None) or ()
        changed: dict[str, Any] = {
            item: self.module(f"{name}.{item}") for item in wanted if f"{name}.{item}" in self.texts
        }
        if name == IMPLEMENT:
            changed["implements"] = _implements
        if not changed:
            return found
        seen = ModuleType(name)
        vars(seen).update({**vars(found), **changed})
        return seen


def _implements(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function an operation as its users call it, but enter it nowhere: the real one stays."""
    implement = import_module(IMPLEMENT)
    backend = function.__module__.removeprefix(f"{implement.PACKAGE}.").split(".")[0]
    operation = implement.OPERATIONS[function.__name__]
    entered = dict(operation.backends)
    try:
        made: Callable[..., Any] = operation.implement(backend, function)
    finally:
        operation.backends = entered
    return made
