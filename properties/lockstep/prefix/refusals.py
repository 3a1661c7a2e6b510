"""Calls that a prefix tree must refuse."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from draftproof.properties.lockstep.prefix.checked_tree import CheckedTree
from draftproof.properties.lockstep.prefix.steps import Namespace, Tokens
from draftproof.properties.lockstep.refusals import Refusal

STRANGER = 1_000_000_007
"""A token and a node id that no script uses otherwise."""
NEVER_OPENED = "never opened"

Asked = list[tuple[Tokens, Namespace]]
"""What was inserted so far."""
MakeRefusal = Callable[[CheckedTree, int, Asked], Refusal | None]
"""Of the tree, a number, and what was inserted; None if the call cannot be made now."""


class _Insertion(NamedTuple):
    """An insertion that is in order so far: its last page is new, and the slots are nobody's."""

    tokens: list[int]
    slots: list[int]
    keywords: dict[str, Any]


def _insertion(tree: CheckedTree, number: int, asked: Asked) -> _Insertion:
    """Return one that would split an edge if it were carried out, where there is one to split."""
    size = tree.page_size
    tokens, namespace = asked[number % len(asked)] if asked else ((), None)
    pages = len(tokens) // size
    kept = tokens[: number // 7 % (pages + 1) * size]
    new = [*kept, *[STRANGER] * size]
    first = tree.outside + number % 3 * size
    keywords = {} if namespace is None else {"namespace": namespace}
    return _Insertion(new, list(range(first, first + len(new))), keywords)


def _broken(
    argument: str,
    error: type[Exception] | tuple[type[Exception], ...],
    damage: Callable[[CheckedTree, list[int], list[int]], tuple[Any, Any] | None],
) -> MakeRefusal:
    """Return a maker of insertions whose tokens and slots were damaged."""

    def make(tree: CheckedTree, number: int, asked: Asked) -> Refusal | None:
        good = _insertion(tree, number, asked)
        damaged = damage(tree, good.tokens, good.slots)
        return None if damaged is None else Refusal("insert", argument, damaged, good.keywords, error)

    return make


def _broken_priority(priority: Any, error: type[Exception]) -> MakeRefusal:
    def make(tree: CheckedTree, number: int, asked: Asked) -> Refusal:
        good = _insertion(tree, number, asked)
        keywords = {**good.keywords, "priority": priority}
        return Refusal("insert", "priority", (good.tokens, good.slots), keywords, error)

    return make


def _past_int32(tree: CheckedTree, tokens: list[int], slots: list[int]) -> tuple[Any, Any]:
    return [*tokens[:-1], 2**31], slots


def _cached_slot(tree: CheckedTree, tokens: list[int], slots: list[int]) -> tuple[Any, Any] | None:
    page = next(iter(tree.pages_of), None)
    size = tree.page_size
    return None if page is None else (tokens, [*slots[:-size], *range(page, page + size)])


def _twice(tree: CheckedTree, tokens: list[int], slots: list[int]) -> tuple[Any, Any]:
    size = tree.page_size
    return [*tokens, *[STRANGER] * size], [*slots, *slots[-size:]]


def _apart(tree: CheckedTree, tokens: list[int], slots: list[int]) -> tuple[Any, Any] | None:
    return None if tree.page_size == 1 else (tokens, [*slots[:-1], slots[-1] + tree.page_size])


def _misaligned(tree: CheckedTree, tokens: list[int], slots: list[int]) -> tuple[Any, Any] | None:
    return None if tree.page_size == 1 else (tokens, [slot + 1 for slot in slots])


def _unlocked(tree: CheckedTree, number: int, asked: Asked) -> Refusal:
    """Unlock a node that nobody has locked itself, but one below it if possible; a stranger if all are."""
    ends = {node: tree.nodes.prefixes[node] for node in tree.ids if tree.nodes.alive(node)}
    free = [node for node, prefix in ends.items() if not tree.model.held[prefix]]
    above = [node for node in free if ends[node] in tree.model.pages and tree.model.pages[ends[node]].locks]
    candidates = above if above and number % 4 else free
    node = tree.ids[candidates[number % len(candidates)]] if candidates else STRANGER
    return Refusal("unlock", "node", (node,))


def _confirm_pages(pages: int) -> MakeRefusal:
    """Return a maker of confirmations of so many pages at the root, where none end."""
    return lambda tree, _, __: Refusal("confirm", "length", (0, pages * tree.page_size, tree.nodes.epoch))


def _partial_length(tree: CheckedTree, number: int, asked: Asked) -> Refusal | None:
    if tree.page_size == 1:
        return None
    return Refusal("confirm", "length", (0, 1, tree.nodes.epoch))


def _part_below(tree: CheckedTree, number: int, asked: Asked) -> Refusal | None:
    """Confirm part of a page at a node that has it."""
    ends = {node: tree.nodes.prefixes[node][1] for node in tree.ids if tree.nodes.alive(node)}
    long = [node for node, tokens in ends.items() if len(tokens) >= tree.page_size > 1]
    if not long:
        return None
    node = long[number % len(long)]
    length = len(ends[node]) - 1
    return Refusal("confirm", "length", (tree.ids[node], length, tree.nodes.epoch))


def _broken_offsets(*offsets: int) -> MakeRefusal:
    """Return a maker of lookups of many requests, of four tokens in all, whose offsets are damaged."""

    def make(tree: CheckedTree, number: int, asked: Asked) -> Refusal | None:
        if not hasattr(tree.recorded.target, "match_many"):
            return None
        given = np.zeros(4, np.int32), np.array(offsets, np.int64)
        return Refusal("match_many", "offsets", given)

    return make


def _constant(
    method: str, argument: str, *arguments: Any, error: Any = ValueError, **keywords: Any
) -> MakeRefusal:
    return lambda tree, number, asked: Refusal(method, argument, arguments, keywords, error)


REFUSALS: dict[str, MakeRefusal] = {
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
    "match an array past int32": _constant("match", "tokens", np.array([1, 2**31])),
    "an array past int32": _broken("tokens", ValueError, lambda b, t, s: (np.array([*t[:-1], 2**32 + 8]), s)),
    "match nothing": _constant("match", "tokens", None, error=TypeError),
    "match a set": _constant("match", "tokens", {1, 2}, error=TypeError),
    "match a string": _constant("match", "tokens", "12", error=TypeError),
    "match an empty table": _constant("match", "tokens", np.empty((0, 2), np.int32)),
    "match in an unhashable namespace": _constant("match", "namespace", [1], error=TypeError, namespace=[]),
    "open an unhashable namespace": _constant("open", "namespace", [], error=TypeError),
    "offsets below 0": _broken_offsets(-1, 2),
    "offsets that descend": _broken_offsets(0, 3, 2),
    "offsets past the tokens": _broken_offsets(0, 5),
    "no offsets": _broken_offsets(),
    "evict fewer than none": _constant("evict", "count", -1),
    "evict a fraction": _constant("evict", "count", 1.5, error=TypeError),
    "lock a stranger": _constant("lock", "node", STRANGER),
    "lock below the ids": _constant("lock", "node", -1),
    "unlock a stranger": _constant("unlock", "node", STRANGER),
    "unlock what is not locked": _unlocked,
    "confirm a stranger": _constant("confirm", "node", STRANGER, 0, 0),
    "confirm fewer than none": _confirm_pages(-1),
    "confirm past the end": _confirm_pages(1),
    "confirm part of a page": _partial_length,
    "confirm part of a page below the root": _part_below,
}
"""Bad calls by kind."""

STATEFUL = ("unlock what is not locked", "a cached slot", "insert at a priority in words", "a slot twice")
"""Those that a tree refuses only if it looks at what it holds, or before it has changed anything."""
