"""The arrays as they are stored: one JSON file per contract, one short word per row."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import ascii_letters, digits

from draftproof.properties.core.dimensions import Dimension, Row, Space

FOLDER = Path(__file__).parent
VALUES = digits + ascii_letters
"""One sign for each value of a dimension."""

FREE = "."

Labels = tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Array:
    """Rows: the first ``small`` have every value, the first ``standard`` every pair, all every triple."""

    small: int
    standard: int
    rows: tuple[Row, ...]


NOTHING = Array(0, 0, ())
"""The array of what has none: all that its cases choose is free."""


def labels(dimensions: tuple[Dimension, ...]) -> Labels:
    """Return dimensions and values as they are written."""
    return tuple(
        (each.name, tuple(" ".join(map(str, value)) for value in each.values)) for each in dimensions
    )


def load(space: Space) -> Array:
    """Return the array of a contract; ``NOTHING`` if it has none, or one made for other dimensions."""
    stored = _read(FOLDER / f"{space.contract.name}.json")
    return stored[1] if stored and stored[0] == labels(space.dimensions) else NOTHING


@cache
def _read(path: Path) -> tuple[Labels, Array] | None:
    if not path.is_file():
        return None
    whole = json.loads(path.read_text())
    rows = tuple(
        tuple(None if sign == FREE else VALUES.index(sign) for sign in word) for word in whole["rows"]
    )
    named = tuple((name, tuple(values)) for name, values in whole["dimensions"].items())
    return named, Array(whole["small"], whole["standard"], rows)


def written(space: Space, array: Array) -> str:
    """Return the text of an array's file; ValueError for a dimension with more values than signs."""
    for each in space.dimensions:
        if (count := len(each.values)) > len(VALUES):
            whose = f"{space.contract.name}: {each.name}"
            raise ValueError(f"{whose} must have at most {len(VALUES)} values, got {count}")
    words = ["".join(FREE if v is None else VALUES[v] for v in row) for row in array.rows]
    named = [f"{json.dumps(name)}: {json.dumps(values)}" for name, values in labels(space.dimensions)]
    return (
        f'{{\n  "dimensions": {{{_lines(named)}  }},\n'
        f'  "small": {array.small},\n  "standard": {array.standard},\n'
        f'  "rows": [{_lines([json.dumps(word) for word in words])}  ]\n}}\n'
    )


def _lines(entries: list[str]) -> str:
    return "\n" + ",\n".join(f"    {entry}" for entry in entries) + "\n"
