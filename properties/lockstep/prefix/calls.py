"""A tree whose calls are written down as they are made."""

from collections.abc import Callable
from typing import Any

import numpy as np

from draftproof.properties.lockstep.prefix.shown import shown


class RaisedError(Exception):
    """A call raised; ``error`` is what, ``line`` the call."""

    def __init__(self, line: str, error: Exception) -> None:
        super().__init__(f"{line}: {type(error).__name__}: {error}")
        self.line, self.error = line, error


class Calls:
    """A tree under judgement: calls it, and keeps every call as a line that can be pasted and run."""

    def __init__(
        self, tree_class: Callable[..., Any], page_size: int, policy: str, name: str = "tree"
    ) -> None:
        self.name = name
        self.lines = [f"{name} = RadixTree({page_size}, {policy!r})"]
        try:
            self.tree = tree_class(page_size, policy)
        except Exception as error:
            raise RaisedError(self.lines[-1], error) from error

    def __call__(self, method: str, *arguments: Any, **keywords: Any) -> Any:
        """Call a method; the line says what it returned or raised. RaisedError if it raised."""
        given = [_text(argument) for argument in arguments]
        given += [f"{name}={_text(value)}" for name, value in keywords.items()]
        self.lines.append(f"{self.name}.{method}({', '.join(given)})")
        try:
            answer = getattr(self.tree, method)(*arguments, **keywords)
        except Exception as error:
            line = self.lines[-1]
            self.lines[-1] += f"  # {type(error).__name__}"
            raise RaisedError(line, error) from error
        self.lines[-1] += "" if answer is None else f"  # {answered(answer)}"
        return answer

    def read(self, attribute: str) -> Any:
        """Return an attribute of the tree; it is no call and is not written down."""
        try:
            return getattr(self.tree, attribute)
        except Exception as error:
            raise RaisedError(f"{self.name}.{attribute}", error) from error


def answered(answer: Any) -> str:
    """Return an answer in few words."""
    if hasattr(answer, "slots") and hasattr(answer, "node"):
        return f"slots {_text(answer.slots)}, node {answer.node}"
    return _text(answer)


def _text(value: Any) -> str:
    if isinstance(value, np.ndarray) and value.ndim == 1 and value.dtype == np.int32:
        return shown(value.tolist())
    if isinstance(value, np.ndarray):
        return f"np.array({value.tolist()!s:.60}, {str(value.dtype)!r})"
    if isinstance(value, list | tuple) and all(type(number) is int for number in value):
        return shown(value)
    return f"{value!r:.60}"
