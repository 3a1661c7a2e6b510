"""Calls that a tree must refuse: each raises, names the method and the argument, and changes nothing."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from draftproof.properties.lockstep.prefix.beside import Beside
from draftproof.properties.lockstep.prefix.calls import RaisedError
from draftproof.properties.lockstep.prefix.judging import MismatchError
from draftproof.properties.lockstep.prefix.steps import Bad, Namespace, Tokens

STRANGER = 1_000_000_007
"""A token and a node id that no script uses otherwise."""
NEVER_OPENED = "never opened"

Asked = list[tuple[Tokens, Namespace]]


class Refusal(NamedTuple):
    """One call and how it must be refused."""

    method: str
    argument: str
    """The argument that the message must name."""
    arguments: tuple[Any, ...]
    keywords: Mapping[str, Any] = MappingProxyType({})
    error: type[Exception] | tuple[type[Exception], ...] = ValueError


def expect_refusal(beside: Beside, step: Bad, asked: Asked) -> None:
    """Make the bad call, if it can be made now, and expect it to be refused."""
    refusal = REFUSALS[step.kind](beside, step.number, asked)
    if refusal is None:
        return
    try:
        beside.calls(refusal.method, *refusal.arguments, **refusal.keywords)
    except RaisedError as raised:
        kinds = refusal.error if isinstance(refusal.error, tuple) else (refusal.error,)
        expected = " or ".join(kind.__name__ for kind in kinds)
        if not isinstance(raised.error, refusal.error):
            got = f"{type(raised.error).__name__}: {raised.error}"
            raise MismatchError(raised.line, expected, got) from raised
        if refusal.method not in str(raised.error) or refusal.argument not in str(raised.error):
            wanted = f"an error that names {refusal.method} and {refusal.argument}"
            raise MismatchError(raised.line, wanted, str(raised.error)) from raised
        return
    raise MismatchError(beside.calls.lines[-1], "an error", "none")


class _Insertion(NamedTuple):
    """An insertion that is in order so far: its last page is new, and the slots are nobody's."""

    tokens: list[int]
    slots: list[int]
    keywords: dict[str, Any]


def _insertion(beside: Beside, number: int, asked: Asked) -> _Insertion:
    """Return one that would split an edge if it were carried out, where there is one to split."""
    size = beside.page_size
    tokens, namespace = asked[number % len(asked)] if asked else ((), None)
    pages = len(tokens) // size
    kept = tokens[: number // 7 % (pages + 1) * size]
    new = [*kept, *[STRANGER] * size]
    first = beside.capacity + number % 3 * size
    keywords = {} if namespace is None else {"namespace": namespace}
    return _Insertion(new, list(range(first, first + len(new))), keywords)


def _broken(
    argument: str,
    error: type[Exception] | tuple[type[Exception], ...],
    damage: Callable[[Beside, list[int], list[int]], tuple[Any, Any] | None],
) -> Callable[[Beside, int, Asked], Refusal | None]:
    """Return a maker of insertions whose tokens and slots were damaged."""

    def make(beside: Beside, number: int, asked: Asked) -> Refusal | None:
        good = _insertion(beside, number, asked)
        damaged = damage(beside, good.tokens, good.slots)
        return None if damaged is None else Refusal("insert", argument, damaged, good.keywords, error)

    return make


def _broken_priority(priority: Any, error: type[Exception]) -> Callable[[Beside, int, Asked], Refusal | None]:
    def make(beside: Beside, number: int, asked: Asked) -> Refusal:
        good = _insertion(beside, number, asked)
        keywords = {**good.keywords, "priority": priority}
        return Refusal("insert", "priority", (good.tokens, good.slots), keywords, error)

    return make


def _past_int32(beside: Beside, tokens: list[int], slots: list[int]) -> tuple[Any, Any]:
    return [*tokens[:-1], 2**31], slots


def _cached_slot(beside: Beside, tokens: list[int], slots: list[int]) -> tuple[Any, Any] | None:
    page = next(iter(beside.pages_of), None)
    size = beside.page_size
    return None if page is None else (tokens, [*slots[:-size], *range(page, page + size)])


def _twice(beside: Beside, tokens: list[int], slots: list[int]) -> tuple[Any, Any]:
    size = beside.page_size
    return [*tokens, *[STRANGER] * size], [*slots, *slots[-size:]]


def _apart(beside: Beside, tokens: list[int], slots: list[int]) -> tuple[Any, Any] | None:
    return None if beside.page_size == 1 else (tokens, [*slots[:-1], slots[-1] + beside.page_size])


def _misaligned(beside: Beside, tokens: list[int], slots: list[int]) -> tuple[Any, Any] | None:
    return None if beside.page_size == 1 else (tokens, [slot + 1 for slot in slots])


def _unlocked(beside: Beside, number: int, asked: Asked) -> Refusal:
    """Unlock a node that nobody has locked itself, its descendants perhaps; a stranger if there is none."""
    ends = {node: beside.nodes.prefixes[node] for node in beside.ids if beside.nodes.alive(node)}
    free = [node for node, prefix in ends.items() if not beside.model.held[prefix]]
    node = beside.ids[free[number % len(free)]] if free else STRANGER
    return Refusal("unlock", "node", (node,))


def _partial_length(beside: Beside, number: int, asked: Asked) -> Refusal | None:
    if beside.page_size == 1:
        return None
    return Refusal("confirm", "length", (0, 1, beside.nodes.epoch))


def _constant(
    method: str, argument: str, *arguments: Any, error: Any = ValueError, **keywords: Any
) -> Callable[[Beside, int, Asked], Refusal]:
    return lambda beside, number, asked: Refusal(method, argument, arguments, keywords, error)


REFUSALS: dict[str, Callable[[Beside, int, Asked], Refusal | None]] = {
    "a slot too few": _broken("slots", ValueError, lambda b, t, s: (t, s[:-1])),
    "a slot too many": _broken("slots", ValueError, lambda b, t, s: (t, [*s, s[-1] + 1])),
    "a token past int32": _broken("tokens", ValueError, _past_int32),
    "a slot past int32": _broken("slots", ValueError, lambda b, t, s: (t, [*s[:-1], 2**31])),
    "float tokens": _broken("tokens", TypeError, lambda b, t, s: (np.array(t, np.float64), s)),
    "bool tokens": _broken("tokens", TypeError, lambda b, t, s: (np.ones(len(t), np.bool_), s)),
    "float slots": _broken("slots", TypeError, lambda b, t, s: (t, np.array(s, np.float64))),
    "tokens in two dimensions": _broken(
        "tokens", (TypeError, ValueError), lambda b, t, s: (np.array([t], np.int32), s)
    ),
    "a negative slot": _broken("slots", ValueError, lambda b, t, s: (t, [*s[:-1], -1])),
    "a slot twice": _broken("slots", ValueError, _twice),
    "a cached slot": _broken("slots", ValueError, _cached_slot),
    "slots apart in a page": _broken("slots", ValueError, _apart),
    "a page off its place": _broken("slots", ValueError, _misaligned),
    "insert at a priority past int32": _broken_priority(2**31, ValueError),
    "insert at a priority in words": _broken_priority("high", TypeError),
    "insert into an unknown namespace": _constant("insert", "namespace", [], [], namespace=NEVER_OPENED),
    "match in an unknown namespace": _constant("match", "namespace", [1], namespace=NEVER_OPENED),
    "match float tokens": _constant("match", "tokens", np.zeros(3), error=TypeError),
    "match a token past int32": _constant("match", "tokens", [-(2**31) - 1]),
    "evict fewer than none": _constant("evict", "count", -1),
    "evict a fraction": _constant("evict", "count", 1.5, error=TypeError),
    "lock a stranger": _constant("lock", "node", STRANGER),
    "lock below the ids": _constant("lock", "node", -1),
    "unlock a stranger": _constant("unlock", "node", STRANGER),
    "unlock what is not locked": _unlocked,
    "confirm a stranger": _constant("confirm", "node", STRANGER, 0, 0),
    "confirm fewer than none": lambda b, n, a: Refusal("confirm", "length", (0, -b.page_size, b.nodes.epoch)),
    "confirm past the end": lambda b, n, a: Refusal("confirm", "length", (0, b.page_size, b.nodes.epoch)),
    "confirm part of a page": _partial_length,
}
"""Bad calls by kind: of the tree's state, a number, and what was inserted; None if it cannot be made now."""
