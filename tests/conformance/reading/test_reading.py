"""Files of strangers: whatever is in one, it is read within its bounds, or one clear line says why not."""

import gzip
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest

from draftproof.conformance.cli.main import main
from draftproof.conformance.diagnostic import DiagnosticError
from draftproof.conformance.evidence import campaigns, store
from draftproof.conformance.reading import files
from draftproof.conformance.reading.values import (
    DEEPEST,
    MOST_DIGITS,
    ForeignTextError,
    cut,
    parse_json,
    parse_toml,
)
from draftproof.conformance.reporting import report
from draftproof.conformance.running import waivers
from draftproof.conformance.studies.prefix.formats import read_trace

READERS: dict[str, Callable[[Path], object]] = {
    "trace": read_trace,
    "report": report.read,
    "waivers": lambda path: waivers.load(path, ["sample/B=1/float32/-/seed=0/-"], date(2026, 11, 22)),
    "evidence": store.load,
    "campaigns": lambda path: campaigns.sum_up(path.with_suffix("")),
}
JSON = {
    "deep": (b'{"hash_ids": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "at most 32 deep, got 100,001"),
    "deep without end": (b"[" * 1_000_000, "at most 32 deep, got 1,000,000"),
    "5,000 digits": (b'{"input_length": ' + b"9" * 5000 + b"}", "at most 300 digits, got 5,000"),
    "a float of 5,000 digits": (b"[0." + b"9" * 5000 + b"]", "expected numbers that a float has, got 0.999"),
    "too large for a float": (b"[1e400]", "expected numbers that a float has, got 1e400"),
    "no number": (b'{"input_length": NaN}', "has no number NaN"),
    "UTF-16": ('{"input_length": 3}'.encode("utf-16"), "expected UTF-8, got UTF-16"),
    "Latin-1": ('{"id": "café"}'.encode("latin-1"), "expected UTF-8, got byte 0xe9 at 11"),
    "half a character": (b'{"id": "\\ud800"}', "got half of a surrogate pair"),
    "no JSON": (b"\x1b[31m\x00{", "got \\x1b[31m\\x00{"),
    "gzip that was cut off": (gzip.compress(b"[]" * 1000)[:-6], "cannot be read: "),
    "gzip that is damaged": (gzip.compress(b"[]")[:12] + b"\xff" * 40, "cannot be read: "),
}
TOML = {
    "deep": (b"a = " + b"[" * 100_000, "at most 32 deep, got 100,000"),
    "deep names": (b"a" + b".a" * 50_000 + b" = 1", "names of at most 32 parts"),
    "deep names with blanks": (b"'a' . \"b\" ." * 20_000 + b"c = 1", "names of at most 32 parts"),
    "5,000 digits": (b"a = " + b"9" * 5000, "numbers of at most 300 digits"),
    "UTF-16": ("[[waiver]]".encode("utf-16"), "expected UTF-8, got UTF-16"),
    "no TOML": (b"\x1b = 1", "is not TOML"),
    "a list of numbers": (b"waiver = [1]", "expected [[waiver]] tables only"),
    "a case that is a number": (
        b'[[waiver]]\noperation="sample"\ncase=3\nkind="wrong"\nissue="https://x"\nuntil=2027-01-01\nnote="x"\n',
        "case must be a text of at most 2,000 characters, got 3",
    ),
    "a thousand and one": (b"[[waiver]]\n" * 1001, "expected at most 1,000 waivers, got 1,001"),
    "too long": (b"#" * (2**18 + 1), "expected at most 262,144 bytes, got more"),
    "gzip that was cut off": (gzip.compress(b"#" * 1000)[:-6], "cannot be read: "),
}
CASES = [
    *((reader, name) for reader in ("trace", "report", "evidence", "campaigns") for name in JSON),
    *(("waivers", name) for name in TOML),
]


def table(reader: str) -> dict[str, tuple[bytes, str]]:
    return TOML if reader == "waivers" else JSON


@pytest.mark.parametrize(("reader", "name"), CASES)
def test_what_is_wrong_with_a_file_is_said_in_one_line(reader: str, name: str, tmp_path: Path) -> None:
    body, told = table(reader)[name]
    path = tmp_path / "file.json"
    path.write_bytes(body)
    with pytest.raises(DiagnosticError) as caught:
        READERS[reader](path)
    said = caught.value.message
    assert told in said
    assert said.isprintable()
    assert len(said) < 300 + len(str(path))
    assert len(caught.value.causes) < 9


@pytest.mark.parametrize("name", JSON)
def test_the_command_for_traces_ends_with_2(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "trace.jsonl"
    path.write_bytes(JSON[name][0])
    monkeypatch.setattr(sys, "argv", ["draftproof", "trace", str(path)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith("draftproof: ")
    assert JSON[name][1] in said


@pytest.mark.parametrize("reader", ["trace", "report", "evidence", "campaigns"])
def test_no_file_takes_more_than_its_kind_may(
    reader: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file.json"
    with gzip.open(path, "wb") as bomb:
        for _ in range(17):
            bomb.write(b" " * 2**20)
    with pytest.raises(DiagnosticError, match=r"expected at most [\d,]+ bytes, got more"):
        READERS[reader](path)
    path.write_bytes(b'{"kind": "x"}\n' * 100)
    with pytest.raises(DiagnosticError, match=r"expected at most 1,000 bytes, got more"):
        list(files.read_lines(path, files.Kind("small", 1000, 500)))


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    for reader in ("trace", "report", "evidence", "waivers"):
        with pytest.raises(DiagnosticError, match="cannot be read: No such file or directory"):
            READERS[reader](tmp_path / "absent")


def test_lines_are_counted_as_an_editor_counts_them(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for body in (b"\xef\xbb\xbf1\n\n  \r\n2\r\n3", gzip.compress(b"1\n\n\n2\n3\n")):
        path.write_bytes(body)
        found = [(number, parse_json(line)) for number, line in files.read_lines(path, files.REPORT)]
        assert found == [(1, 1), (4, 2), (5, 3)]


@pytest.mark.parametrize(
    "text",
    [
        b"[" * DEEPEST + b"]" * DEEPEST,
        b'"' + b"[{" * 1000 + b'"',
        b'["\\"' + b"[" * 100 + b'", "' + b"[" * 100 + b'\\\\"]',
        b"[" + b"[]," * 100 + b"[]]",
        b"1" * MOST_DIGITS,
        b'"\\ud83d\\ude00"',
        b"-1.5e-300",
    ],
)
def test_what_is_within_the_bounds_is_read(text: bytes) -> None:
    parse_json(text)


def test_toml_within_the_bounds_is_read() -> None:
    strings = (
        '"' + "[a." * 50 + '"',
        "'" + "[a." * 50 + "'",
        '"""' + '\n"[a.""' * 50 + '\n"""',
        "'''\n[''" + "'''",
    )
    text = "\n".join(f'a{n} = {string}  # {"[a." * 50} "' for n, string in enumerate(strings))
    assert len(parse_toml(text.encode())) == 4
    assert parse_toml(b"[[waiver]]\n" * 100)["waiver"] == [{}] * 100


@pytest.mark.parametrize("part", ['"', '\\"', '"""', "'", "'''", "#", "a", ".", " ", "\\", "1_", '""'])
def test_looking_at_a_text_takes_time_in_proportion_to_it(part: str) -> None:
    # Where a regular expression looks again and again, these would take minutes.
    began = time.monotonic()
    with suppress(ForeignTextError):
        parse_json(b"[" * 2 * DEEPEST + part.encode() * (2**22 // len(part)))
    with suppress(ForeignTextError):
        parse_toml(part.encode() * (2**18 // len(part)))
    assert time.monotonic() - began < 20


def test_what_is_shown_of_a_value_is_short_and_printable() -> None:
    assert cut("\x1b[31mred\n") == "\\x1b[31mred\\n"
    assert cut({"a": [1]}) == '{"a": [1]}'
    assert cut({1j}) == "{1j}"
    assert len(cut("x" * 1000)) == len(cut(["x"] * 1000)) == 200
