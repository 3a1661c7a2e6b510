"""Where an object with calls could be wrong."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from draftproof.properties.faults.objects.calls import Call
from draftproof.properties.faults.objects.witness import Situation
from draftproof.properties.inputs import forms as arrangements

Holds = Callable[[Call], bool]


@dataclass(frozen=True, eq=False)
class Circumstance:
    """When a call goes wrong."""

    family: str
    name: str
    holds: Holds = field(repr=False)
    situation: Situation
    """Calls among which there are such."""
    needs: tuple[str, ...] = ()
    """One of these the method must take."""
    methods: tuple[str, ...] = ()
    """The methods concerned, if not all."""
    effects: tuple[str, ...] = ()
    """The effects that make sense, if not all."""

    def concerns(self, method: str, parameters: set[str]) -> bool:
        """Say whether a method of such parameters can meet it."""
        if self.methods and method not in self.methods:
            return False
        return not self.needs or bool(parameters.intersection(self.needs))

    def allows(self, effect: str) -> bool:
        """Say whether an effect makes sense here; some are of their own circumstance only."""
        return effect in self.effects if self.effects else effect not in LENT


LENT = ("tokens stay the caller's", "the answer is given again")
"""Effects that show only where the caller writes into arrays."""

AROUND = (2, 3, 4, 5, 8, 9, 16, 17, 32, 33, 64, 65, 128, 129, 256, 257, 512, 513, 1024, 1025, 2048)
DEPTHS = (2, 3, 5, 9, 17, 33, 65, 129, 257, 513, 1025, 1999)
COUNTS = (2, 3, 16, 17, 127, 128, 255, 256, 257, 300)
HUGE = 2**31 - 2**12
FORMS = tuple(form for form in arrangements.FORMS if form not in ("list", "int32"))
PAIRS: tuple[tuple[Any, Any], ...] = (
    ("7", 7),
    (7, "7"),
    ("None", None),
    (True, 1),
    (-1, -2),
    ("", None),
    (0, None),
)


def _at_least(t: int) -> Callable[[Any], bool]:
    return lambda value: bool(value >= t)


def _equal_to(t: Any) -> Callable[[Any], bool]:
    return lambda value: bool(value == t)


def _remains(modulus: int, rest: int) -> Callable[[int], bool]:
    return lambda value: value > 0 and value % modulus == rest


def _has(attribute: str, holds: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda tree: holds(getattr(tree, attribute))


def _pages(t: int) -> int:
    """Return a page size with which a sequence of t tokens ends inside a page, now and then."""
    return 1 if t < 8 else 3


def _sizes() -> list[Circumstance]:
    made = []
    for t in AROUND:
        made.append(_tokens("sizes", f"tokens >= {t}", _at_least(t), length=t))
        made.append(_tokens("sizes", f"tokens == {t}", _equal_to(t), length=t))
    for m in (2, 4, 8, 16, 32, 128):
        made.append(_tokens("sizes", f"tokens % {m} == 0", _remains(m, 0), length=2 * m))
        made.append(_tokens("sizes", f"tokens % {m} == 1", _remains(m, 1), length=2 * m + 1))
    made.append(_tokens("sizes", "no tokens", _equal_to(0), length=16))
    made += [
        _tree("sizes", f"page size {P}", _has("page_size", _equal_to(P)), page_size=P)
        for P in (1, 2, 3, 4, 16, 64, 128, 256)
    ]
    partial = lambda call: len(call.tokens) % call.tree.page_size != 0  # noqa: E731
    made.append(
        Circumstance("sizes", "part of a page", partial, Situation(page_size=4, length=30), ("tokens",))
    )
    last = lambda call: len(call.tokens) % call.tree.page_size == call.tree.page_size - 1  # noqa: E731
    made.append(
        Circumstance("sizes", "all but a page", last, Situation(page_size=16, length=63), ("tokens",))
    )
    for t in AROUND[2:]:
        grown = Situation(length=max(2 * t, 16))
        made.append(_tree("sizes", f"cached >= {t}", _has("cached", _at_least(t)), grown))
    for t in (8, 16, 17, 33, 64, 65, 129, 256, 257, 600):
        deep = Situation(length=t + 8, depth=t + 2)
        made.append(_tree("sizes", f"nodes >= {t}", _has("nodes", _at_least(t)), deep))
        made.append(_tree("sizes", f"epoch >= {t}", _has("epoch", _at_least(t)), deep))
    for t in DEPTHS:
        deep = Situation(length=t + 8, depth=t + 2)
        below = lambda call, t=t: len(call.path) > t  # noqa: E731
        made.append(Circumstance("depth", f"depth >= {t}", below, deep, ("tokens", "node"), _SINGLE))
    for t in (0, 1, 2, 3, 17, 65, 129, 257, 1025):
        asked = Situation(length=max(2 * t, 16), counts=(t, t + 1))
        at_least = lambda call, t=t: call.given["count"] >= t  # noqa: E731
        equal = lambda call, t=t: call.given["count"] == t  # noqa: E731
        made.append(Circumstance("sizes", f"count >= {t}", at_least, asked, ("count",)))
        made.append(Circumstance("sizes", f"count == {t}", equal, asked, ("count",)))
    ragged = lambda call: call.given["count"] % call.tree.page_size != 0  # noqa: E731
    made.append(Circumstance("sizes", "count inside a page", ragged, Situation(4, counts=(5, 2)), ("count",)))
    beyond = lambda call: call.given["count"] > call.tree.evictable  # noqa: E731
    made.append(Circumstance("sizes", "count beyond all", beyond, Situation(), ("count",)))
    return made


_SINGLE = ("match", "insert", "lock", "unlock", "confirm")


def _tokens(family: str, name: str, holds: Callable[[int], bool], **situation: Any) -> Circumstance:
    length = situation["length"]
    situation.setdefault("page_size", _pages(length) if length % 3 == 0 else 1)
    return Circumstance(
        family, name, lambda call: holds(len(call.tokens)), Situation(**situation), ("tokens",)
    )


def _tree(
    family: str, name: str, holds: Callable[[Any], bool], situation: Situation | None = None, **changed: Any
) -> Circumstance:
    return Circumstance(family, name, lambda call: holds(call.tree), situation or Situation(**changed))


def _history() -> list[Circumstance]:
    made = []
    for n in (1, 2, 3, 16, 128, 255, 256, 257, 300):
        nth = lambda call, n=n: call.history.counts[call.method] == n  # noqa: E731
        made.append(Circumstance("history", f"call {n}", nth, Situation(calls=n + 1)))
        late = lambda call, n=n: call.history.counts[call.method] >= n  # noqa: E731
        made.append(Circumstance("history", f"call {n} and later", late, Situation(calls=n + 1)))
    made.append(
        Circumstance("history", "after a refusal", lambda c: c.history.refused, Situation(refused=True))
    )
    two = lambda call: len(call.history.alive) > 1  # noqa: E731
    made.append(Circumstance("history", "two trees alive", two, Situation(second=True)))
    for t in COUNTS:
        locked = lambda call, t=t: any(node.locks >= t for node in call.tree._nodes.values())  # noqa: E731
        made.append(Circumstance("counts", f"locks >= {t}", locked, Situation(locks=t + 1)))
        held = lambda call, t=t: call.tree._nodes[call.given["node"]].held >= t  # noqa: E731
        made.append(Circumstance("counts", f"held >= {t}", held, Situation(locks=t + 1), ("node",)))
        hit = lambda call, t=t: any(n.hits >= t for _, n in call.tree.walk() if n.parent >= 0)  # noqa: E731
        made.append(Circumstance("counts", f"hits >= {t}", hit, Situation(policy="lfu", hits=t + 1)))
    reused = lambda call: bool(call.tree._free)  # noqa: E731
    made.append(Circumstance("history", "an id is free", reused, Situation()))
    inside = lambda call: call.walk.inside  # noqa: E731
    made.append(
        Circumstance("history", "a split is due", inside, Situation(), ("tokens",), ("match", "insert"))
    )
    below = lambda call: call.tree._nodes[call.given["node"]].children  # noqa: E731
    made.append(Circumstance("history", "a node with children", below, Situation(), ("node",)))
    root = lambda call: call.tree._nodes[call.given["node"]].parent < 0  # noqa: E731
    made.append(Circumstance("history", "a root", root, Situation(), ("node",)))
    aged = lambda call: call.given["epoch"] is not None and call.given["epoch"] < call.tree.epoch  # noqa: E731
    made.append(Circumstance("history", "an earlier epoch", aged, Situation(), ("epoch",)))
    always = lambda call: True  # noqa: E731
    lent = Situation(written=True)
    made.append(
        Circumstance(
            "history",
            "arrays are written into",
            always,
            lent,
            methods=("insert", "match", "confirm"),
            effects=LENT,
        )
    )
    return made


def _values() -> list[Circumstance]:
    made = []
    for low in (0, -1, -2, -(2**15) - 1, -(2**24), -(2**31)):
        equal = lambda call, low=low: low in call.tokens  # noqa: E731
        made.append(Circumstance("values", f"a token {low}", equal, Situation(token=low), ("tokens",)))
    for power in (7, 8, 15, 16, 17, 24, 30):
        above = lambda call, p=power: max(call.tokens) >= 2**p  # noqa: E731
        made.append(
            Circumstance("values", f"a token >= 2^{power}", above, Situation(token=2**power), ("tokens",))
        )
    most = lambda call: 2**31 - 1 in call.tokens  # noqa: E731
    made.append(Circumstance("values", "the largest token", most, Situation(token=2**31 - 1), ("tokens",)))
    for power in (8, 12, 15, 16, 17, 20, 24, 30):
        high = lambda call, p=power: max(map(int, call.given["slots"])) >= 2**p  # noqa: E731
        made.append(
            Circumstance("values", f"a slot >= 2^{power}", high, Situation(slot=2**power), ("slots",))
        )
        holds = lambda tree, p=power: max(tree._slots, default=0) >= 2**p  # noqa: E731
        made.append(_tree("values", f"cached slot >= 2^{power}", holds, slot=2**power))
    last = lambda call: max(map(int, call.given["slots"])) >= HUGE  # noqa: E731
    made.append(Circumstance("values", "the last slots", last, Situation(slot=HUGE), ("slots",)))
    made.append(
        _tree("values", "last slots cached", lambda tree: max(tree._slots, default=0) >= HUGE, slot=HUGE)
    )
    for value in (-1, 1, 2, 127, 128, 255, 2**15, 2**16, 2**31 - 1, -(2**31), -300):
        ranked = lambda call, v=value: (call.given["priority"] >= v > 0) or call.given["priority"] <= v < 0  # noqa: E731
        situation = Situation(policy="priority", priority=value)
        made.append(Circumstance("values", f"priority from {value}", ranked, situation, ("priority",)))
    return made


def _choices() -> list[Circumstance]:
    made = [
        _tree("choices", f"policy {policy}", _has("policy", _equal_to(policy)), policy=policy)
        for policy in ("lru", "mru", "fifo", "lfu", "priority")
    ]
    given = lambda call: call.given["namespace"] is not None  # noqa: E731
    made.append(
        Circumstance("choices", "a namespace", given, Situation(namespaces=("a", None)), ("namespace",))
    )
    for one, other in PAIRS:
        exact = lambda call, v=one: type(call.given["namespace"]) is type(v) and call.given["namespace"] == v  # noqa: E731
        both = Situation(namespaces=(one, other))
        made.append(
            Circumstance("choices", f"namespace {one!r} beside {other!r}", exact, both, ("namespace",))
        )
    again = lambda call: call.given["namespace"] in call.tree._roots  # noqa: E731
    made.append(
        Circumstance("choices", "opened already", again, Situation(namespaces=("a",)), methods=("open",))
    )
    many = lambda tree: len(tree._roots) > 2  # noqa: E731
    made.append(_tree("choices", "three namespaces", many, namespaces=("a", "b", None)))
    seen = lambda call: call.given["epoch"] is not None  # noqa: E731
    made.append(Circumstance("choices", "an epoch", seen, Situation(), methods=("lock",)))
    return made


def _layouts() -> list[Circumstance]:
    made = []
    for form in FORMS:
        for argument in ("tokens", "slots", "offsets"):
            like = lambda call, f=form, a=argument: is_of_form(call.given[a], f)  # noqa: E731
            made.append(Circumstance("layout", f"{argument} {form}", like, Situation(form=form), (argument,)))
    return made


def is_of_form(value: Any, form: str) -> bool:
    """Say whether an argument is of one of FORMS."""
    if form == "tuple" or not isinstance(value, np.ndarray):
        return form == "tuple" and isinstance(value, tuple)
    match form:
        case "step 2":
            return len(value) > 1 and value.strides[0] > value.itemsize
        case "reversed":
            return len(value) > 1 and value.strides[0] < 0
        case "read-only":
            return not value.flags.writeable
        case "misaligned":
            return len(value) > 0 and not value.flags.aligned
    return bool(value.dtype == np.dtype(form))


CIRCUMSTANCES: tuple[Circumstance, ...] = (*_sizes(), *_history(), *_values(), *_choices(), *_layouts())
"""All of them, by family."""
