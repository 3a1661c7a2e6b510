"""An object whose calls are written down as they are made."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from draftproof.properties.lockstep.notation import format_argument, format_value

ANSWER = 60
"""Characters of an answer that are kept; an answer is a comment, not part of the call."""


OVERWRITTEN = 77
"""What a caller writes into arrays that it gave or got."""


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


class Line:
    """A call in words, put together when somebody asks: most are never read."""

    __slots__ = ("_answer", "_call", "_format_answer", "_note", "_text")

    def __init__(
        self, call: tuple[str, tuple[Any, ...], dict[str, Any]], format_answer: Callable[[Any], str]
    ) -> None:
        self._call, self._format_answer = call, format_answer
        self._answer: Any = None
        self._note = ""
        self._text: str | None = None

    def __str__(self) -> str:
        if self._text is None:
            name, arguments, keywords = self._call
            written = [format_argument(argument) for argument in arguments]
            written += [f"{name}={format_value(value)}" for name, value in keywords.items()]
            note = self._note or ("" if self._answer is None else self._format_answer(self._answer))
            self._text = f"{name}({', '.join(written)}){note and '  # '}{note}"
        return self._text

    def answer(self, answer: Any) -> None:
        """Say what came back."""
        self._answer = answer

    def note(self, note: str) -> None:
        """Say something else."""
        self._note, self._text = note, None


class Joined:
    """Words after a line, put together when somebody asks."""

    def __init__(self, *parts: object) -> None:
        self.parts = parts

    def __str__(self) -> str:
        return "".join(map(str, self.parts))


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
    last
        What was called last: ``str`` of it is the line. Nothing that it was given may change before.
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
        self.last = Line((f"{name} = {type_name}", arguments, {}), format_answer)
        self._lines: list[Line | str] = [self.last]
        try:
            self.target = make(*arguments)
        except Exception as error:
            raise RaisedError(str(self.last), error) from error

    @property
    def lines(self) -> list[str]:
        """What was called so far, the constructor first."""
        return [str(line) for line in self._lines]

    def call(self, method: str, *arguments: Any, **keywords: Any) -> Any:
        """Call a method; the line says what it returned or raised. RaisedError if it raised."""
        self.last = Line((f"{self.name}.{method}", arguments, keywords), self.format_answer)
        self._lines.append(self.last)
        try:
            answer = getattr(self.target, method)(*arguments, **keywords)
        except Exception as error:
            line = str(self.last)
            self.last.note(type(error).__name__)
            raise RaisedError(line, error) from error
        self.last.answer(answer)
        return answer

    def overwrite(self, arrays: Mapping[str, Any]) -> None:
        """Write into arrays of the last call, as a caller may who has its answer; a line says which.

        ``arrays`` are by name; what cannot be written into stays.
        """
        str(self.last)  # now, while all is as it was
        written = [name for name, array in arrays.items() if _writable(array)]
        for name in written:
            arrays[name][:] = OVERWRITTEN
        if written:
            self._lines.append(f"# the caller overwrites {', '.join(written)}")

    def read(self, attribute: str) -> Any:
        """Return an attribute; that is no call and is not written down. RaisedError if it raised."""
        try:
            return getattr(self.target, attribute)
        except Exception as error:
            raise RaisedError(f"{self.name}.{attribute}", error) from error


def _writable(array: Any) -> bool:
    return isinstance(array, np.ndarray) and len(array) > 0 and array.flags.writeable
