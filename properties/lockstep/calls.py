"""An object whose calls are written down as they are made."""

from collections.abc import Callable
from typing import Any

import numpy as np

from draftproof.properties.lockstep.notation import format_value

ANSWER = 60
"""Characters of an answer that are kept; an answer is a comment, not part of the call."""


class RaisedError(Exception):
    """A call raised; ``error`` is what, ``line`` the call."""

    def __init__(self, line: str, error: Exception) -> None:
        super().__init__(f"{line}: {self.describe(error)}")
        self.line, self.error = line, error

    @staticmethod
    def describe(error: Exception) -> str:
        """Return an error's type and message."""
        return f"{type(error).__name__}: {error}"


def format_answer(answer: Any) -> str:
    """Return an answer in few words; only lists and arrays are told whole."""
    text = format_value(answer)
    return text if isinstance(answer, list | np.ndarray) else text[:ANSWER]


class RecordedObject:
    """An object under judgement: calls it, and keeps every call as a line that can be pasted and run.

    Parameters
    ----------
    make
        Called with the arguments; returns the object. RaisedError if it raises.
    arguments
        Of the constructor.
    name, type_name
        What the lines call the object, and its type.
    format_answer
        Tells an answer in few words.

    Attributes
    ----------
    target
        The object.
    lines
        What was called so far, the constructor first.
    """

    def __init__(
        self,
        make: Callable[..., Any],
        arguments: tuple[Any, ...],
        *,
        name: str,
        type_name: str,
        format_answer: Callable[[Any], str] = format_answer,
    ) -> None:
        self.name, self.format_answer = name, format_answer
        self.lines = [f"{name} = {type_name}({', '.join(map(format_value, arguments))})"]
        try:
            self.target = make(*arguments)
        except Exception as error:
            raise RaisedError(self.lines[-1], error) from error

    def call(self, method: str, *arguments: Any, **keywords: Any) -> Any:
        """Call a method; the line says what it returned or raised. RaisedError if it raised."""
        written = [format_value(argument) for argument in arguments]
        written += [f"{name}={format_value(value)}" for name, value in keywords.items()]
        self.lines.append(f"{self.name}.{method}({', '.join(written)})")
        try:
            answer = getattr(self.target, method)(*arguments, **keywords)
        except Exception as error:
            line = self.lines[-1]
            self.lines[-1] += f"  # {type(error).__name__}"
            raise RaisedError(line, error) from error
        self.lines[-1] += "" if answer is None else f"  # {self.format_answer(answer)}"
        return answer

    def read(self, attribute: str) -> Any:
        """Return an attribute; that is no call and is not written down. RaisedError if it raised."""
        try:
            return getattr(self.target, attribute)
        except Exception as error:
            raise RaisedError(f"{self.name}.{attribute}", error) from error
