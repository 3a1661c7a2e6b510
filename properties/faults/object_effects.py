"""How an object with calls could be wrong, where it is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from draftproof.properties.faults.object_calls import Call


@dataclass(frozen=True, eq=False)
class Effect:
    """What a call does instead."""

    name: str
    methods: tuple[str, ...]
    """The methods concerned; all if there are none."""
    run: Callable[[Call], Any] = field(repr=False)
    shown_by: Mapping[str, Any] = field(default_factory=dict)
    """What a situation must have for it to be seen, where that leaves it open."""

    def concerns(self, method: str) -> bool:
        """Say whether it is an effect of that method."""
        return not self.methods or method in self.methods


def _raise(call: Call) -> Any:
    raise RuntimeError("a fault")


def _stale(call: Call) -> Any:
    earlier = call.history.answers.get(call.method)
    answer = call.make()
    return answer if earlier is None else earlier


def _epoch_stays(call: Call) -> Any:
    before = call.tree._epoch
    answer = call.make()
    call.tree._epoch = before
    return answer


def _epoch_moves(call: Call) -> Any:
    answer = call.make()
    call.tree._epoch += 1
    return answer


def _matched_short(call: Call) -> Any:
    answer = call.make()
    return call.make(tokens=call.tokens[: max(len(answer.slots) - call.tree.page_size, 0)])


def _confirmed_short(call: Call) -> Any:
    return call.make(length=max(call.given["length"] - call.tree.page_size, 0))


def _many_short(call: Call) -> Any:
    lengths, nodes = call.make()
    lengths[-1:] = np.maximum(lengths[-1:] - call.tree.page_size, 0)
    return lengths, nodes


def _many_at_root(call: Call) -> Any:
    lengths, nodes = call.make()
    nodes[:1] = 0
    return lengths, nodes


def _another_slot(place: Callable[[int], int]) -> Callable[[Call], Any]:
    def run(call: Call) -> Any:
        answer = call.make()
        if len(answer.slots):
            answer.slots[place(len(answer.slots))] ^= 1
        return answer

    return run


def _at_root(call: Call) -> Any:
    return call.make()._replace(node=0)


def _unused(call: Call) -> Any:
    answer = call.make()
    before = call.tree._clock
    for each in call.tree._path(answer.node):
        node = call.tree._nodes[each]
        node.hits -= 1
        node.last_use = min(node.last_use, node.created)
    call.tree._clock = before
    return answer


def _uncounted(call: Call) -> Any:
    answer = call.make()
    for each in call.tree._path(answer.node):
        call.tree._nodes[each].hits -= 1
    return answer


def _not_stored(call: Call) -> Any:
    present = call.walk.length
    return call.make(tokens=call.tokens[:present], slots=[int(s) for s in call.given["slots"]][:present])


def _last_page_lost(call: Call) -> Any:
    whole = len(call.tokens) // call.tree.page_size * call.tree.page_size
    kept = max(whole - call.tree.page_size, min(call.walk.length, whole))
    return call.make(tokens=call.tokens[:kept], slots=[int(s) for s in call.given["slots"]][:kept])


def _stored_at(place: int) -> Callable[[Call], Any]:
    """Return an insertion of which one new slot is stored wrongly."""

    def run(call: Call) -> Any:
        before = set(call.tree._nodes)
        present = call.make()
        for node in set(call.tree._nodes) - before:
            if not call.tree._nodes[node].children and call.tree._nodes[node].slots:
                call.tree._nodes[node].slots[place] ^= 1
        return present

    return run


def _token_wrong(call: Call) -> Any:
    """Store the last new token wrongly."""
    before = set(call.tree._nodes)
    present = call.make()
    for node in set(call.tree._nodes) - before:
        if not call.tree._nodes[node].children and len(call.tree._nodes[node].edge) > call.tree.page_size:
            call.tree._nodes[node].edge[-1] ^= 1
    return present


def _present_short(call: Call) -> Any:
    return max(call.make() - call.tree.page_size, 0)


def _miscounted(call: Call) -> Any:
    answer = call.make()
    call.tree._slots.add(-1 - len(call.tree._slots))
    return answer


def _freed_more(pages: int) -> Callable[[Call], Any]:
    return lambda call: call.make(count=max(call.given["count"] + pages * call.tree.page_size, 0))


def _freed_backwards(call: Call) -> Any:
    return call.make()[::-1].copy()


def _freed_by_other_policy(call: Call) -> Any:
    own = call.tree.policy
    call.tree.policy = {"lru": "mru", "mru": "lru", "fifo": "mru", "lfu": "mru", "priority": "lru"}[own]
    try:
        return call.make()
    finally:
        call.tree.policy = own


def _freed_locked(call: Call) -> Any:
    held = {node: row.locks for node, row in call.tree._nodes.items()}
    for row in call.tree._nodes.values():
        row.locks = 0
    try:
        return call.make()
    finally:
        for node, row in call.tree._nodes.items():
            row.locks = held[node]


def _freed_nothing(call: Call) -> Any:
    return call.make(count=0)


def _ignored(call: Call) -> Any:
    return None


def _twice(call: Call) -> Any:
    call.make()
    return call.make()


def _lock_alone(call: Call) -> Any:
    answer = call.make()
    for each in list(call.tree._path(call.given["node"]))[1:]:
        call.tree._nodes[each].locks -= 1
    return answer


def _lock_of_anything(call: Call) -> Any:
    return call.make(epoch=None)


def _confirm_anything(call: Call) -> Any:
    return call.make(epoch=call.tree.epoch)


def _unlock_all(call: Call) -> Any:
    while call.tree._nodes[call.given["node"]].held > 1:
        call.make()
    return call.make()


def _first_root(call: Call) -> Any:
    call.tree._roots.setdefault(call.given["namespace"], 0)
    return call.make()


def _new_root(call: Call) -> Any:
    if call.given["namespace"] is not None:
        call.tree._roots.pop(call.given["namespace"], None)
    return call.make()


def _other_namespace(call: Call) -> Any:
    return call.make(namespace=None)


def _no_priority(call: Call) -> Any:
    return call.make(priority=0)


def _borrowed(call: Call) -> Any:
    before = set(call.tree._nodes)
    present = call.make()
    tokens = call.given["tokens"]
    for node in set(call.tree._nodes) - before:
        row = call.tree._nodes[node]
        if not row.children and isinstance(tokens, np.ndarray):
            call.history.borrowed.append((row, tokens[row.begin : row.end]))
    return present


def _given_again(call: Call) -> Any:
    answer = call.make()
    key = answer.node, len(answer.slots), call.tree.epoch
    return call.history.kept.setdefault(key, answer)


_MATCHES = ("match", "confirm")
EFFECTS: tuple[Effect, ...] = (
    Effect("an exception", (), _raise),
    Effect("the answer before", ("match", "insert", "confirm", "match_many", "evict"), _stale),
    Effect("the epoch stays", ("match", "insert", "evict", "open", "confirm"), _epoch_stays),
    Effect("the epoch moves", (), _epoch_moves),
    Effect("shorter by a page", ("match",), _matched_short),
    Effect("shorter by a page", ("confirm",), _confirmed_short),
    Effect("shorter by a page", ("match_many",), _many_short),
    Effect("at the root", ("match_many",), _many_at_root),
    Effect("another first slot", _MATCHES, _another_slot(lambda n: 0)),
    Effect("another middle slot", _MATCHES, _another_slot(lambda n: n // 2)),
    Effect("another last slot", _MATCHES, _another_slot(lambda n: n - 1)),
    Effect("at the root", _MATCHES, _at_root),
    Effect("no use", _MATCHES, _unused),
    Effect("no hit", _MATCHES, _uncounted, {"policy": "lfu"}),
    Effect("not stored", ("insert",), _not_stored),
    Effect("the last page lost", ("insert",), _last_page_lost),
    Effect("the first slot wrong", ("insert",), _stored_at(0)),
    Effect("the last slot wrong", ("insert",), _stored_at(-1)),
    Effect("the last token wrong", ("insert",), _token_wrong),
    Effect("fewer present", ("insert",), _present_short),
    Effect("miscounted", ("insert", "evict"), _miscounted),
    Effect("a page less", ("evict",), _freed_more(-1)),
    Effect("a page more", ("evict",), _freed_more(1)),
    Effect("nothing", ("evict",), _freed_nothing),
    Effect("backwards", ("evict",), _freed_backwards),
    Effect("another policy", ("evict",), _freed_by_other_policy),
    Effect("locked ones too", ("evict",), _freed_locked),
    Effect("ignored", ("lock", "unlock"), _ignored),
    Effect("twice", ("lock",), _twice),
    Effect("not the ancestors", ("lock",), _lock_alone),
    Effect("stale accepted", ("lock",), _lock_of_anything),
    Effect("stale accepted", ("confirm",), _confirm_anything),
    Effect("all locks", ("unlock",), _unlock_all),
    Effect("the first root", ("open",), _first_root, {"namespaces": ("a", None)}),
    Effect("a new root", ("open",), _new_root, {"namespaces": ("a", None)}),
    Effect(
        "another namespace", ("match", "insert", "match_many"), _other_namespace, {"namespaces": ("a", None)}
    ),
    Effect("no priority", ("insert",), _no_priority, {"policy": "priority"}),
    Effect("tokens stay the caller's", ("insert",), _borrowed),
    Effect("the answer is given again", _MATCHES, _given_again),
)
"""All of them; what they concern says the method."""
