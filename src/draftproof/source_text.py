"""Source text without what a compiler does not see: two texts are equal if their programs must be.

Comments, docstrings, blank lines and space at the ends of lines are left out. What stays is the file's
own text, never a dump of its syntax tree, so that every version of Python finds the same.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator

C_TOKEN = re.compile(
    r"""
    (?P<comment> //(?:\\\n|[^\n])* | /\*.*?(?:\*/|\Z) )
  | (?:u8|[uUL])?R"(?P<ends>[^()\\\s]{0,16})\(.*?\)(?P=ends)"      # a raw string
  | "(?:\\.|[^"\\\n])*" | \.?[0-9](?:'?[\w.])* | \w+ | '(?:\\.|[^'\\\n])*'  # 1'000 is a number
    """,
    re.VERBOSE | re.DOTALL,
)


def strip_python(text: str) -> str:
    """Return Python source without comments, docstrings and blank lines; SyntaxError if it is none."""
    tree = ast.parse(text)
    lines = [line.encode() for line in io.StringIO(text)]
    in_strings: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant | ast.JoinedStr) and node.end_lineno is not None:
            in_strings.update(range(node.lineno, node.end_lineno))
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1].decode()[:column].encode() + b"\n"
    for docstring in _docstrings(tree):
        first, last = docstring.lineno, docstring.end_lineno or docstring.lineno
        rest = lines[last - 1][docstring.end_col_offset or 0 :]
        lines[first - 1 : last] = [
            lines[first - 1][: docstring.col_offset] + rest.lstrip(b" ;"),
            *[b""] * (last - first),
        ]
        in_strings.difference_update(range(first, last))
    kept = [
        line if number in in_strings else line.rstrip() + b"\n"
        for number, line in enumerate(lines, 1)
        if number in in_strings or number - 1 in in_strings or line.strip()
    ]
    return b"".join(kept).decode()


def _docstrings(tree: ast.Module) -> Iterator[ast.Expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                yield first


def strip_c(text: str) -> str:
    """Return C, C++ or CUDA source without comments and blank lines; strings keep what looks like one."""
    text = C_TOKEN.sub(lambda token: " " if token["comment"] else token[0], text)
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines() if line.strip())
