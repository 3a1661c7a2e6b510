"""Mutations of files, by chance: bytes, lines and values, for tests of everything that reads a stranger's."""

import gzip
import json
import random
from collections.abc import Iterator
from typing import Any

WORDS = b'null true -1 0 9223372036854775808 2147483647 1e308 1e400 NaN -Infinity "" {} [] [0,2147483647]'
SIGNS = b"\" \\ \0 \r \xff \xef\xbb\xbf \x1b[31m ''' # = / , + ../../ "
TOKENS = [
    *WORDS.split(b" "),
    *SIGNS.split(b" "),
    *(b"\n", b'"\\ud800"', b"1979-05-27T07:32:00Z", b"0001-01-01", b"[" * 20 + b"]" * 20),
    *(b"[" * 100_000, b"9" * 5000, b"a." * 5000, b"*" * 500, b'"' + b"a" * 10_000),
]
"""What is put between bytes."""

NUMBERS = [-1, 0, 1, 1.5, 3.0, 2**31 - 1, 2**31, 2**63, 2**64 - 1, 10**299, 1e308, -0.0, 1e-320]
"""What stands in place of a number."""

VALUES: list[Any] = [
    *NUMBERS,
    *(None, True, False, -(2**63), "", "x" * 5000, "\ud800", "\x1b[31m[/b]<b>", "../x", "2026-99-99", "pass"),
    *("9999-12-31", "float32", "header", [], {}, [[]], [[0, 2**31 - 1]], [0, 2**31 - 1], [[0, 900_000]]),
    {"": {}},
]
"""What stands in place of any value."""


def mutate(chance: random.Random, body: bytes) -> bytes:
    """Return a file with one to four changes; most have one, and are read to the end."""
    for _ in range(chance.choice((1, 1, 1, 1, 2, 4))):
        body = chance.choice((splice, shuffle_lines, *[change_value] * 8))(chance, body)
    match chance.randrange(60):
        case 0:
            return body.decode("utf-8", "replace").encode("utf-16")
        case 1:
            return gzip.compress(body)[: chance.choice((None, -1, -9, 20))]
        case 2:
            return b""
    return body


def splice(chance: random.Random, body: bytes) -> bytes:
    """Put something in place of a few bytes, or of none."""
    first = chance.randint(0, len(body))
    last = min(len(body), first + chance.choice((0, 0, 1, 2, 10, 100_000)))
    flipped = bytes(each ^ 1 << chance.randrange(8) for each in body[first:last])
    return body[:first] + chance.choice((b"", flipped, body[last : last + 50], *TOKENS)) + body[last:]


def shuffle_lines(chance: random.Random, body: bytes) -> bytes:
    """Repeat, drop or exchange lines."""
    lines = body.splitlines(keepends=True)
    return (
        b"".join(chance.choices(lines, k=chance.choice((len(lines), len(lines) - 1, 2 * len(lines)))))
        if lines
        else b""
    )


def change_value(chance: random.Random, body: bytes) -> bytes:
    """Put another value in some place of a JSON line or document."""
    whole = not body.startswith(b'{"')
    lines = [body] if whole else body.splitlines()
    place = chance.randrange(max(1, len(lines)))
    try:
        value = json.loads(lines[place])
        spots = list(list_spots(value))
        inside, key = chance.choice(spots)
    except (ValueError, IndexError, RecursionError):
        return splice(chance, body)
    if isinstance(inside, dict) and chance.random() < 0.2:
        inside[chance.choice(("x", "", key * 2))] = inside[key]
    if chance.random() < 0.2:
        del inside[key]
    elif type(inside[key]) in (int, float) and chance.random() < 0.7:
        inside[key] = chance.choice((*NUMBERS, inside[key] + 1, inside[key] * 2))
    else:
        inside[key] = chance.choice((*VALUES, chance.choice(spots)[0]))
    try:
        lines[place] = json.dumps(value).encode()
    except (ValueError, RecursionError):  # it has itself inside
        return body
    return b"\n".join(lines)


def list_spots(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every place of a value: what it is in, and its key there."""
    for key in (
        list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    ):
        yield value, key
        yield from list_spots(value[key])


def change_number(chance: random.Random, line: bytes) -> bytes:
    """Put another number after some equals sign."""
    parts = line.split(b"=")
    place = chance.randrange(1, max(2, len(parts)))
    if place < len(parts):
        rest = parts[place].lstrip(b"0123456789")
        parts[place] = (
            str(chance.choice((0, 1, 3, 999, 10**9, 2**31, 2**63, 10**18, 10**30, 10**299))).encode() + rest
        )
    return b"=".join(parts)
