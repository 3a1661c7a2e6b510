"""Token and slot lists as short Python expressions, so that a printed call can be pasted and run."""

from collections.abc import Iterator, Sequence
from itertools import groupby

PLAIN = 8
"""Up to this many numbers are written out."""
RUN = 3
"""Equal numbers in a row are written ``[x] * n`` from this many on."""


def shown(numbers: Sequence[int]) -> str:
    """Return an expression whose value is the list of the numbers.

    >>> shown([1, 2])
    '[1, 2]'
    >>> shown([0] * 63 + [5])
    '[0] * 63 + [5]'
    >>> shown(range(64))
    '[*range(0, 64)]'
    """
    plain = [int(number) for number in numbers]
    if len(plain) <= PLAIN:
        return str(plain)
    if plain == list(range(plain[0], plain[0] + len(plain))):
        return f"[*range({plain[0]}, {plain[-1] + 1})]"
    return " + ".join(_pieces(plain))


def _pieces(numbers: list[int]) -> Iterator[str]:
    single: list[int] = []
    for number, group in groupby(numbers):
        count = len(list(group))
        if count < RUN:
            single += [number] * count
            continue
        if single:
            yield str(single)
            single = []
        yield f"[{number}] * {count}"
    if single:
        yield str(single)
