"""``@implements``: a plain function of checked tensors becomes a backend's operation.

The operation is named by the file, ``<backend>/<pillar>/<operation>.py``. In ``eager`` the function's
annotations declare it; in the other backends only its parameters' names count. Besides the declared
arguments a function may ask for sizes by their letters (``B: int``), and for ``out``: its outputs,
allocated. What asks for ``out`` returns nothing.
"""

import functools
import inspect
from collections.abc import Callable
from importlib import import_module
from typing import Any

import torch

from draftproof.optimized.results import raise_on
from draftproof.optimized.signatures.operators import register
from draftproof.optimized.signatures.signature import OUT, Signature, Values, injected

PACKAGE = "draftproof.optimized"
DECLARED_IN = "eager"


class Operation:
    """A declared operation with the functions that implement it, by backend, and its operator."""

    def __init__(self, signature: Signature) -> None:
        self.signature = signature
        self.backends: dict[str, Callable[[Values, bool], Any]] = {}
        self.operator = register(signature, self.run)

    def implement(self, backend: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the operation as this backend's users call it.

        Raises TypeError if the function's parameters are not those declared.
        """
        signature, asked = self.signature, injected(function)
        wanted = [argument.name for argument in signature.arguments]
        names = [name for name in inspect.signature(function).parameters if name not in asked]
        if names != wanted:
            raise TypeError(
                f"{signature.name} of {backend} must take {', '.join(wanted)}, got {', '.join(names)}"
            )
        letters, allocates = [name for name in asked if name != OUT], OUT in asked
        first, named = signature.positional, wanted[signature.positional :]

        def run(values: Values, check: bool) -> Any:
            sizes, device = signature.check(values)
            given: dict[str, Any] = dict(zip(named, values[first:], strict=True))
            for letter in letters:
                given[letter] = sizes.get(letter)
            if allocates:
                given[OUT] = signature.allocate(values, sizes, device)
            result = function(*values[:first], **given)
            if allocates:
                result = given[OUT]
            if check:
                raise_on(signature.name, result.status)
            return result

        self.backends[backend] = run

        @functools.wraps(function)
        def operation(*args: Any, **keywords: Any) -> Any:
            values, check = signature.bind(args, keywords)
            if torch.compiler.is_compiling():
                return self.trace(values, check, backend)
            return run(values, check)

        # Its own code object: torch.compile counts recompilations by code, and profiles show the name.
        code = operation.__code__  # type: ignore[attr-defined]  # wraps() gives back a function
        operation.__code__ = code.replace(co_name=signature.name)  # type: ignore[attr-defined]
        operation.__signature__ = signature.python  # type: ignore[attr-defined]
        return operation

    def trace(self, values: Values, check: bool, backend: str) -> Any:
        """Call the operator, which ``torch.compile`` leaves alone, instead of a backend's function."""
        given = [*values, check, backend] if self.signature.has_status else [*values, backend]
        outputs = self.operator(*given)
        if self.signature.result is not None:
            return self.signature.result(*outputs)
        return outputs

    def run(self, values: Values, check: bool, backend: str) -> Any:
        """Run on a backend by name, "" for the fastest on the tensors' device."""
        if backend not in self.backends:
            dispatch = import_module(f"{PACKAGE}.dispatch")  # which imports this module
            device = next(value.device for value in values if isinstance(value, torch.Tensor))
            backend = dispatch.settle(self.signature.name, device.type, backend or None)
        return self.backends[backend](values, check)


OPERATIONS: dict[str, Operation] = {}
"""Every operation that was declared, by name."""


def declare(name: str, function: Callable[..., Any]) -> Operation:
    """Read an operation's signature from a function's annotations, and register its operator."""
    OPERATIONS[name] = Operation(Signature(name, function))
    return OPERATIONS[name]


def implements(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a backend's function an operation; see the module's text."""
    name = function.__name__
    backend, pillar, file = function.__module__.removeprefix(f"{PACKAGE}.").split(".")
    if file != name:
        raise TypeError(f"{name} must stand in a file of its name, got {file}.py")
    if backend == DECLARED_IN:
        declare(name, function)
    else:
        import_module(f"{PACKAGE}.{DECLARED_IN}.{pillar}.{name}")
    return OPERATIONS[name].implement(backend, function)
