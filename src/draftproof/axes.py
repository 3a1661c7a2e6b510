"""The grammar of axes: how the size of a tensor's axis is written, worked out and learnt.

An axis is a sum of terms: a letter (``B``), a keyword's name (``width``), a number (``8``), a quotient
rounded up (``V/32``), or a letter with a question mark (``D?``), whose size follows from the data: no
input tells it, the outputs of a call do.
"""

import re
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from functools import lru_cache

_TERM = re.compile(r"(?P<number>\d+)|(?P<name>[A-Z]|[a-z][a-z0-9_]*)(?P<open>\?)?(?:/(?P<divisor>[1-9]\d*))?")


@dataclass(frozen=True, slots=True)
class Term:
    """A name, whole or divided by a number and rounded up."""

    name: str
    divisor: int = 1
    from_data: bool = False
    """Whether the name's size follows from the data (``D?``)."""

    def __str__(self) -> str:
        return self.name + "?" * self.from_data + f"/{self.divisor}" * (self.divisor != 1)

    def size(self, whole: int) -> int:
        """Return the term's size where its name has the size ``whole``."""
        return -(-whole // self.divisor)


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis: terms and a number, to be added.

    >>> Axis.parse("K+1").size({"K": 3}), Axis.parse("V/32").size({"V": 33}), Axis.parse("8").size({})
    (4, 2, 8)
    >>> Axis.parse("D?").size({"B": 2}) is None
    True
    >>> sizes = {}
    >>> Axis.parse("K+1").learn(4, sizes), sizes, Axis.parse("K").learn(4, sizes)
    (True, {'K': 3}, False)
    """

    terms: tuple[Term, ...]
    number: int = 0

    @classmethod
    def parse(cls, text: str) -> "Axis":
        """Read an axis such as ``"K+1"``; ValueError for anything else than a sum of terms."""
        return _parse(text)

    def __str__(self) -> str:
        number = [str(self.number)] if self.number or not self.terms else []
        return "+".join([*map(str, self.terms), *number])

    @property
    def names(self) -> tuple[str, ...]:
        """The letters and keywords' names in it."""
        return tuple(term.name for term in self.terms)

    @property
    def from_data(self) -> bool:
        """Whether its size follows from the data, so that no input tells it."""
        return any(term.from_data for term in self.terms)

    def size(self, sizes: Mapping[str, int]) -> int | None:
        """Return its size where the names in it have these sizes; None if one of them is not among them."""
        total = self.number
        for term in self.terms:
            if term.name not in sizes:
                return None
            total += term.size(sizes[term.name])
        return total

    def learn(self, size: int, sizes: MutableMapping[str, int]) -> bool:
        """Say whether ``size`` fits ``sizes``, and add to them the letter that follows from it.

        A letter follows if it is the only one not known, and not divided: a quotient rounded up says too
        little. Where nothing can be said yet, the size fits; ask again once other axes have been learnt.
        A keyword's size is never learnt, only checked: its value is given.
        """
        left = size - self.number
        unknown = None
        for term in self.terms:
            if term.name in sizes:
                left -= term.size(sizes[term.name])
            elif unknown is not None:
                return size >= self.number
            else:
                unknown = term
        if unknown is None:
            return left == 0
        if left < 0:
            return False
        if unknown.divisor == 1 and unknown.name.isupper():
            sizes[unknown.name] = left
        return True


def parse_shape(text: str) -> tuple[Axis, ...]:
    """Read a shape such as ``"[B, K+1]"``; ``"[]"`` has no axes.

    >>> [str(axis) for axis in parse_shape("[B, K+1, 8]")]
    ['B', 'K+1', '8']
    """
    inside = text.strip()
    if not (inside.startswith("[") and inside.endswith("]")):
        raise ValueError(f"a shape must be written in brackets, such as [B, K+1], got {text!r}")
    inside = inside[1:-1].strip()
    return tuple(Axis.parse(axis) for axis in inside.split(",")) if inside else ()


@lru_cache(maxsize=1024)
def _parse(text: str) -> Axis:
    terms, number = [], 0
    for part in text.split("+"):
        matched = _TERM.fullmatch(part.strip())
        if matched is None:
            raise ValueError(
                "an axis must be a sum of letters (B), names (width), numbers (8), quotients (V/32) and "
                f"sizes that follow from data (D?), got {text!r}"
            )
        if matched["number"] is not None:
            number += int(matched["number"])
        else:
            terms.append(Term(matched["name"], int(matched["divisor"] or 1), matched["open"] is not None))
    return Axis(tuple(terms), number)
