"""What an oracle's text refers to: the bits, columns and functions that its code has from its neighbours."""

import ast
import inspect
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from enum import IntEnum
from textwrap import dedent
from typing import Any

from draftproof.reference.status import Status

REFERENCE = "draftproof.reference."


@dataclass(frozen=True, slots=True)
class Term:
    """A name, what it means, and what is behind it."""

    name: str
    meaning: str
    members: dict[str, str] = field(default_factory=dict)
    """Of an enumeration or a tuple: each with its value or type, and what it means."""
    code: str = ""
    """Of a function: what it does, in Python."""

    def plain(self) -> dict[str, Any]:
        """Return it as plain values, without what is empty."""
        return {name: value for name, value in asdict(self).items() if value}


def list_terms(oracle: Callable[..., Any]) -> Iterator[Term]:
    """Yield what the oracle's code takes from other modules of the oracles, and what that takes in turn.

    Bits of ``status`` and results are not among it: arguments and outputs say them.
    """
    if inspect.isclass(oracle):
        homes = [kind.__module__ for kind in oracle.__mro__ if kind.__module__.startswith(REFERENCE)]
        due = {name: value for home in homes for name, value in vars(sys.modules[home]).items()}
        due = {name: value for name, value in due.items() if getattr(value, "__module__", None) not in homes}
    else:
        due = _names_in(oracle)
    seen: set[str] = set()
    while due:
        name = next(iter(due))
        value = due.pop(name)
        home = getattr(value, "__module__", None) or ""
        if name in seen or value is Status or home == f"{REFERENCE}results":
            continue
        seen.add(name)
        if inspect.isfunction(value) and home.startswith(REFERENCE):
            yield Term(name, _first_line(value), code=_strip_text(value))
            due |= _names_in(value)
        elif inspect.isclass(value) and home.startswith(REFERENCE):
            if issubclass(value, IntEnum | Exception) or hasattr(value, "_fields"):
                yield Term(name, _first_line(value), read_members(value))
        elif isinstance(value, dict) and value and all(map(inspect.isfunction, value.values())):
            yield Term(name, "by name", {key: _first_line(each) for key, each in value.items()})
        elif name.isupper() and (type(value) is int or _is_tuple_of_integers(value)):
            yield Term(name, ", ".join(map(hex, [value] if isinstance(value, int) else value)))


def _is_tuple_of_integers(value: Any) -> bool:
    return isinstance(value, tuple) and all(type(each) is int for each in value)


def _names_in(function: Callable[..., Any]) -> dict[str, Any]:
    """Return what the code of a function refers to in its module."""
    names = {node.id for node in ast.walk(ast.parse(_strip_text(function))) if isinstance(node, ast.Name)}
    return {name: value for name, value in function.__globals__.items() if name in names}


def describe_bits(text: str) -> dict[str, str]:
    """Return the bits of ``status`` that a text names, ``"NAN_SEEN = 4"``, with the meaning of each."""
    words = text.replace(",", " ").split()
    members = read_members(Status)
    return {member: meaning for member, meaning in members.items() if member.partition(" =")[0] in words}


def read_members(kind: type[Any]) -> dict[str, str]:
    """Return the members of an enumeration or a named tuple, ``"NAN_SEEN = 4"``, with the text below each."""
    body = ast.parse(dedent(inspect.getsource(kind))).body[0]
    assert isinstance(body, ast.ClassDef)
    members: dict[str, str] = {}
    latest = ""
    for node in body.body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            latest = ast.unparse(node)
            members[latest] = ""
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and latest:
            members[latest] = inspect.cleandoc(str(node.value.value)).replace("\n", " ")
            latest = ""
    return members


def _first_line(value: Any) -> str:
    return (inspect.getdoc(value) or "").partition("\n")[0]


def _strip_text(function: Callable[..., Any]) -> str:
    """Return a function's code without its docstring."""
    tree = ast.parse(dedent(inspect.getsource(function)))
    body = tree.body[0]
    assert isinstance(body, ast.FunctionDef)
    body.body = body.body[1:] if ast.get_docstring(body) else body.body
    return ast.unparse(tree)
