"""What counts as a change of a source, and what does not."""

import ast
import io
import tokenize
from pathlib import Path

import pytest

from draftproof.source_text import strip_c, strip_python

ROOT = Path(__file__).parents[1]

PYTHON = '''\
"""A module."""
# a comment

def größe(a):  # ä, before a column counts
    """Return it.

    At length.
    """
    text = "# no comment"  # one
    long = """kept   \n\n# too
    """
    return f"{a:#x}" + text + long  # end


class Only:
    """Nothing else."""
'''
STRIPPED = '''\
def größe(a):
    text = "# no comment"
    long = """kept   \n\n# too
    """
    return f"{a:#x}" + text + long
class Only:
'''


def test_python_keeps_what_runs() -> None:
    assert strip_python(PYTHON) == STRIPPED


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ('def f():\n    """A."""\n    return 1\n', 'def f():\n    """B,\n    longer."""\n    return 1\n'),
        ('def f():\n    "ä"; return 1\n', "def f():\n    return 1\n"),
        ("x = 1 # a\n", "\n\nx = 1   # b\n"),
    ],
)
def test_python_that_runs_alike(one: str, two: str) -> None:
    assert strip_python(one) == strip_python(two)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("x = 1\n", "x = 2\n"),
        ("x = '#a'\n", "x = '#b'\n"),
        ('x = """a\n\nb"""\n', 'x = """a\nb"""\n'),
        ('x = """a \nb"""\n', 'x = """a\nb"""\n'),
        ("def f():\n    x = 1\n    'a'\n", "def f():\n    x = 1\n    'b'\n"),
        ("if x:\n    y()\nz()\n", "if x:\n    y()\n    z()\n"),
    ],
)
def test_python_that_differs(one: str, two: str) -> None:
    assert strip_python(one) != strip_python(two)


def test_our_own_sources_stay_the_same_programs() -> None:
    for path in sorted((ROOT / "optimized").rglob("*.py")):
        stripped = strip_python(path.read_text())
        tokens = tokenize.generate_tokens(io.StringIO(stripped).readline)
        assert not [token for token in tokens if token.type == tokenize.COMMENT], path
        if "class" not in stripped:  # a class may have had nothing but its docstring
            assert strip_python(stripped) == stripped, path
            assert ast.dump(ast.parse(stripped)) == _without_docstrings(path.read_text()), path


def _without_docstrings(text: str) -> str:
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef) and ast.get_docstring(node) is not None:
            del node.body[0]
    return ast.dump(tree)


@pytest.mark.parametrize(
    ("text", "stripped"),
    [
        ("int a;  // one\n\n/* two\nthree */ int b;\n", "int a;\n  int b;\n"),
        ('auto s = "// no"; /* yes */\n', 'auto s = "// no";\n'),
        ('auto s = R"x(/* no */ " // no)x"; // yes\n', 'auto s = R"x(/* no */ " // no)x";\n'),
        ("int n = 1'000; // it's\nchar c = '\"'; // \"\n", "int n = 1'000;\nchar c = '\"';\n"),
        ("// goes on \\\nstill\nint a;\n", "int a;\n"),
        ("a/**/b\n", "a b\n"),
    ],
)
def test_c_keeps_what_is_compiled(text: str, stripped: str) -> None:
    assert strip_c(text) == stripped
