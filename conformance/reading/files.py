"""Files of strangers, packed by gzip or not: never more of them than a stated number of bytes."""

import gzip
import tomllib
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

from draftproof.conformance.diagnostic import DiagnosticError
from draftproof.conformance.reading.values import ForeignTextError, parse_json, parse_toml

GZIP = b"\x1f\x8b"
"""How every gzip file begins."""


class Kind(NamedTuple):
    """What a file is meant to be: the prefix of the codes of its complaints, and its bounds in bytes."""

    name: str
    most: int
    """Of the whole file, unpacked."""
    longest: int
    """Of one line. A value in memory takes up to 40 times the bytes of its line."""


TRACE = Kind("trace", 2**28, 2**24)
REPORT = Kind("report", 2**27, 2**22)
WAIVERS = Kind("waiver", 2**18, 2**18)
EVIDENCE = Kind("evidence", 2**24, 2**24)


def read_lines(path: Path, kind: Kind) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of a file that are not blank, each with its number from 1 on and without its end.

    Raises DiagnosticError if it cannot be read, or has more bytes than its kind may have.
    """
    left, number = kind.most, 0
    try:
        with _open(path) as file:
            while line := file.readline(min(kind.longest, left) + 1):
                number, left = number + 1, left - len(line)
                if left < 0:
                    raise _too_long(path, kind, kind.most)
                if len(line) > kind.longest:
                    raise _too_long(f"{path}, line {number}", kind, kind.longest)
                if stripped := line.strip():
                    yield number, stripped
    except (OSError, EOFError, zlib.error) as error:
        raise _unreadable(path, kind, error) from error


def read_json(path: Path, kind: Kind) -> Any:
    """Return the one value in a JSON file; DiagnosticError if there is none within the bounds."""
    try:
        return parse_json(_read(path, kind))
    except ForeignTextError as error:
        raise DiagnosticError(f"{kind.name}-malformed", f"{path}: {error}") from error


def read_toml(path: Path, kind: Kind) -> dict[str, Any]:
    """Return the table in a TOML file; DiagnosticError as ``read_json``."""
    try:
        return parse_toml(_read(path, kind))
    except ForeignTextError as error:
        if isinstance(error.__cause__, tomllib.TOMLDecodeError):
            raise DiagnosticError(f"{kind.name}-malformed", f"{path} is not TOML", [str(error)]) from error
        raise DiagnosticError(f"{kind.name}-malformed", f"{path}: {error}") from error


def _read(path: Path, kind: Kind) -> bytes:
    try:
        with _open(path) as file:
            body = file.read(kind.most + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise _unreadable(path, kind, error) from error
    if len(body) > kind.most:
        raise _too_long(path, kind, kind.most)
    return body


@contextmanager
def _open(path: Path) -> Iterator[IO[bytes]]:
    with path.open("rb") as file:
        if file.peek(len(GZIP))[: len(GZIP)] != GZIP:
            yield file
            return
        with gzip.GzipFile(fileobj=file, mode="rb") as unpacked:
            yield cast(IO[bytes], unpacked)


def _too_long(where: object, kind: Kind, most: int) -> DiagnosticError:
    return DiagnosticError(f"{kind.name}-too-long", f"{where}: expected at most {most:,} bytes, got more")


def _unreadable(path: Path, kind: Kind, error: Exception) -> DiagnosticError:
    why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return DiagnosticError(f"{kind.name}-unreadable", f"{path} cannot be read: {why}")
