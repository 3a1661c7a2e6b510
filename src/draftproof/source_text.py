"""The digest of what a source file does: its text without comments, docstrings and blank lines.

Only positions are taken from Python's own tools, never their output, so that every Python from 3.11 on
finds the same digest.
"""

import ast
import hashlib
import io
import re
import tokenize
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

NATIVE = re.compile(
    r"""(?P<kept>
        R"(?P<fence>[^()\\\s]{0,16})\(.*?\)(?P=fence)"   # a raw string
      | "(?:\\.|[^"\\\n])*"                              # a string
      | \b\d[\w.']*                                      # a number: 1'000 opens no character
      | '(?:\\.|[^'\\\n])+'                              # a character
    )
    | //(?:\\\n|[^\n])*                                  # to the end of the line, or of the next one
    | /\*.*?\*/""",
    re.VERBOSE | re.DOTALL,
)

Span = tuple[int, int, int, int]
"""First row and column, last row and column; rows from 0, columns in characters."""


def digest_code(path: Path) -> str:
    """Return the digest of a source file, 16 hexadecimal digits; of other files of all their bytes."""
    return _digest(path, path.stat().st_mtime_ns)


@cache
def _digest(path: Path, modified: int) -> str:
    # Dozens of rows share most of their sources; the time of change makes the cache safe.
    strip = STRIPPERS.get(path.suffix)
    content = path.read_bytes() if strip is None else strip(path.read_text(encoding="utf-8")).encode()
    return hashlib.sha256(content).hexdigest()[:16]


def strip_python(text: str) -> str:
    r"""Return Python code without comments, strings that are statements, and the space that they leave.

    >>> strip_python("'Say so.'\n\nx = 1  # one\n")
    'x = 1'
    """
    lines = text.splitlines()
    removed = list(_statements(ast.parse(text), lines))
    kept: set[int] = set()
    for kind, span in _tokens(text):
        if kind == "comment":
            removed.append(span)
        elif not any(span[0] >= other[0] and span[2] <= other[2] for other in removed):
            kept |= set(range(span[0], span[2]))  # their ends lie inside a string: all of it counts
    for top, left, bottom, right in sorted(removed, reverse=True):
        lines[top : bottom + 1] = [
            lines[top][:left].rstrip() + lines[bottom][right:],
            *[""] * (bottom - top),
        ]
    shown = (line if row in kept else line.rstrip() for row, line in enumerate(lines))
    return "\n".join(line for row, line in enumerate(shown) if line or row in kept)


def strip_native(text: str) -> str:
    r"""Return C, C++ or CUDA code without comments, space at the ends of lines, and blank lines.

    >>> strip_native('int a; // one\n/* two */\nchar b = \'/\'; const char* c = "//";')
    'int a;\nchar b = \'/\'; const char* c = "//";'
    """
    bare = NATIVE.sub(lambda match: match["kept"] or " ", text)
    return "\n".join(line.rstrip() for line in bare.splitlines() if line.strip())


def _statements(tree: ast.AST, lines: list[str]) -> Iterator[Span]:
    """Yield where statements stand that are nothing but a string: docstrings, and what explains a name."""
    for node in ast.walk(tree):
        value = node.value if isinstance(node, ast.Expr) else None
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            top, bottom = value.lineno - 1, (value.end_lineno or value.lineno) - 1
            left = _characters(lines[top], value.col_offset)
            yield top, left, bottom, _characters(lines[bottom], value.end_col_offset or 0)


def _characters(line: str, offset: int) -> int:
    """Return how many characters the first ``offset`` bytes of a line are."""
    return len(line.encode()[:offset].decode())


def _tokens(text: str) -> Iterator[tuple[str, Span]]:
    """Yield every comment, and every string of several lines."""
    opened: list[tuple[int, int]] = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        name, start, end = tokenize.tok_name[token.type], token.start, token.end
        if name == "COMMENT":
            yield "comment", (start[0] - 1, start[1], end[0] - 1, end[1])
        elif name in ("FSTRING_START", "TSTRING_START"):  # from Python 3.12 on: the pieces come one by one
            opened.append(start)
        elif name in ("FSTRING_END", "TSTRING_END"):
            start = opened.pop()
        if name in ("STRING", "FSTRING_END", "TSTRING_END") and not opened and end[0] > start[0]:
            yield "string", (start[0] - 1, start[1], end[0] - 1, end[1])


STRIPPERS: dict[str, Callable[[str], str]] = {
    ".py": strip_python,
    **dict.fromkeys((".cu", ".cuh", ".h", ".cpp"), strip_native),
}
