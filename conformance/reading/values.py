"""JSON and TOML of strangers: how deep, how long a number, which encoding. Nothing else parses their text.

A line of a megabyte may ask for a thousand times its size, for minutes of arithmetic or for the stack, and
Python's parsers then raise errors of many kinds. Here they are all one error that says what was expected.
"""

import json
import math
import re
import tomllib
from typing import Any

import numpy as np

DEEPEST = 32
"""Brackets inside brackets, and names joined by dots; what draftproof writes has six."""

MOST_DIGITS = 300
"""Digits of a whole number: each has a float, so arithmetic does not overflow."""

SHOWN = 200
"""Characters of a stranger's text in one of our lines."""

# What is not closed reaches to the end: no text is looked at twice.
JSON_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
TOML_TEXT = re.compile(
    r'#[^\n]*|"""(?:[^"\\]++|\\.|"(?!""))*+(?:"""|\Z)|\'\'\'(?:[^\']++|\'(?!\'\'))*+(?:\'\'\'|\Z)'
    r'|"(?:[^"\\\n]++|\\.)*+"?|\'[^\'\n]*+\'?',
    re.DOTALL,
)
DOTTED = re.compile(rf"(?<![\w-])(?:[\w-]*+\.){{{DEEPEST}}}")
DIGITS = re.compile(rf"[0-9](?:_?[0-9]){{{MOST_DIGITS}}}")
BLANKS = dict.fromkeys(map(ord, " \t"))
SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
BOMS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
STEPS = np.zeros(256, dtype=np.int8)
STEPS[list(b"[{")], STEPS[list(b"]}")] = 1, -1


class ForeignTextError(ValueError):
    """What came cannot be read; the message says what was expected, in one line."""


def decode(body: bytes) -> str:
    """Return UTF-8 as text, without a byte order mark; ForeignTextError for anything else."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        what = BOMS.get(body[:2]) or f"byte {body[error.start]:#04x} at {error.start:,}"
        raise ForeignTextError(f"expected UTF-8, got {what}") from error


def parse_json(body: bytes) -> Any:
    """Return the value that JSON in UTF-8 stands for.

    Raises ForeignTextError for what is none, is deeper than ``DEEPEST``, has a number that is not finite or
    has more than ``MOST_DIGITS`` digits, or has half a character (a lone surrogate).
    """
    text = decode(body)
    if body.count(b"[") + body.count(b"{") > DEEPEST:
        brackets = STEPS[np.frombuffer(JSON_STRING.sub(b"", body), dtype=np.uint8)]
        _limit_depth(int(np.cumsum(brackets, dtype=np.int64).max(initial=0)))
    try:
        value = json.loads(text, parse_int=_integer, parse_float=_number, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        raise ForeignTextError(f"expected JSON ({error.msg} at {error.pos:,}), got {cut(text)}") from error
    if SURROGATE.search(body):
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise ForeignTextError("expected whole characters, got half of a surrogate pair") from error
    return value


def parse_toml(body: bytes) -> dict[str, Any]:
    """Return the table that TOML in UTF-8 stands for; ForeignTextError as ``parse_json``."""
    text = decode(body)
    bare = TOML_TEXT.sub("_", text)
    depth = deepest = 0
    for bracket in re.findall(r"[\[{}\]]", bare):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    _limit_depth(deepest)
    if DOTTED.search(bare.translate(BLANKS)):
        raise ForeignTextError(f"expected names of at most {DEEPEST} parts, got one of more")
    if DIGITS.search(bare):
        raise ForeignTextError(f"expected numbers of at most {MOST_DIGITS} digits, got a longer one")
    try:
        return tomllib.loads(text)
    except ValueError as error:
        raise ForeignTextError(cut(str(error))) from error


def cut(value: object, most: int = SHOWN) -> str:
    """Return a value as it may stand in one line of ours: printable, and at most ``most`` characters."""
    if isinstance(value, str):
        text = value[: most + 1]
    else:
        try:
            text = json.dumps(value)
        except (TypeError, ValueError, RecursionError):
            text = repr(value)
    text = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text[: most + 1])
    return text if len(text) <= most else f"{text[: most - 3]}..."


def _limit_depth(depth: int) -> None:
    if depth > DEEPEST:
        raise ForeignTextError(f"expected brackets at most {DEEPEST} deep, got {depth:,}")


def _integer(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise ForeignTextError(f"expected numbers of at most {MOST_DIGITS} digits, got {len(digits):,}")
    return int(digits)


def _number(text: str) -> float:
    value = float(text) if len(text) <= MOST_DIGITS else math.inf
    if math.isinf(value):
        raise ForeignTextError(f"expected numbers that a float has, got {cut(text, 60)}")
    return value


def _refuse(name: str) -> float:
    raise ForeignTextError(f"expected JSON, which has no number {name}")
