"""Comments and docstrings do not count; whatever a program does counts."""

import subprocess
from pathlib import Path
from textwrap import dedent

import pytest

from draftproof.source_text import digest_code, strip_native, strip_python

CODE = '''
"""A module, for people."""

import os  # the system

SIZE = 3
"""How many, in µ."""


class Table:
    """A table."""

    def rows(self) -> str:
        """Return # no comment."""
        return f"""# text {os.sep} of

        several lines"""  # it is text


def nothing() -> None:
    "Only this."


words = (
    "one"  # first
    # between
    "two"
)
'''
SAME = {
    "comment": ("# the system", "# what else"),
    "docstring": ('"""A table."""', '"""A table of rows,\n\n    long."""'),
    "explanation": ('"""How many, in µ."""', '"""How many, µµµ."""  # more'),
    "blank lines": ("class Table", "\n\nclass Table"),
    "trailing space": ("SIZE = 3", "SIZE = 3   "),
    "between": ("    # between\n", ""),
    "none": ('    "Only this."', "    'Other words.'  # and these"),
}
OTHER = {
    "number": ("SIZE = 3", "SIZE = 4"),
    "string": ("# text", "# words"),
    "blank line in a string": (" of\n\n", " of\n"),
    "space in a string": (" of\n", " of \n"),
    "name": ("def nothing", "def anything"),
    "string of two": ('"two"', '"three"'),
}


@pytest.mark.parametrize("change", SAME)
def test_what_only_people_read_keeps_the_digest(change: str) -> None:
    edited = CODE.replace(*SAME[change])
    assert edited != CODE
    assert strip_python(edited) == strip_python(CODE)


@pytest.mark.parametrize("change", OTHER)
def test_what_python_reads_changes_it(change: str) -> None:
    edited = CODE.replace(*OTHER[change])
    assert edited != CODE
    assert strip_python(edited) != strip_python(CODE)


def test_indentation_counts() -> None:
    assert strip_python("if a:\n    b\n    c\n") != strip_python("if a:\n    b\nc\n")


def test_every_python_finds_the_same_digest(tmp_path: Path) -> None:
    """Other Pythons of this machine are asked, if there are any; this one always."""
    source = Path(digest_code.__code__.co_filename)
    (tmp_path / "code_here.py").write_text(source.read_text())
    (tmp_path / "example.py").write_text(CODE)
    command = "import code_here as c, pathlib as p; print(c.digest_code(p.Path('example.py')))"
    for name in ("python3.11", "python3.12", "python3.13"):
        try:
            done = subprocess.run(
                [name, "-c", command], cwd=tmp_path, capture_output=True, text=True, check=True
            )
        except (OSError, subprocess.CalledProcessError):
            continue  # there is none, or only a shim of one
        assert done.stdout.strip() == "7576a02d989c6a23", name
    assert digest_code(tmp_path / "example.py") == "7576a02d989c6a23"


NATIVE = dedent(r"""
    // what it does
    #include "row.cuh" /* rows
       of all kinds */
    constexpr int many = 1'000'000; // a 'number'
    const char* text = "// no comment", mark = '"', quote = '\'';
    const char* raw = R"x(/* kept )" // kept )x";
    """)


@pytest.mark.parametrize(
    ("old", "new"), [("what it does", "something"), ("of all kinds", "x\n\n y"), ("a 'number'", "'")]
)
def test_native_comments_do_not_count(old: str, new: str) -> None:
    assert strip_native(NATIVE.replace(old, new)) == strip_native(NATIVE)


@pytest.mark.parametrize("old", ["no comment", "000'000", "kept )x", "/* kept", "row.cuh"])
def test_native_code_and_strings_count(old: str) -> None:
    assert strip_native(NATIVE.replace(old, "y" + old)) != strip_native(NATIVE)


def test_other_files_count_whole(tmp_path: Path) -> None:
    path = tmp_path / "table.json"
    path.write_text("[1] // one")
    before = digest_code(path)
    other = tmp_path / "other.json"
    other.write_text("[1] // two")
    assert digest_code(other) != before
