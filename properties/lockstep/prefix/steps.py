"""The steps of a script: what an engine asks of its prefix tree, one small value each.

Steps refer to one another by name (``m3``), never by node id, and a step whose name is not there is
passed over: so any part of a script is a script, and shortening one is leaving steps out.
"""

from dataclasses import dataclass

from draftproof.properties.lockstep.prefix.shown import shown

Tokens = tuple[int, ...]
Namespace = str | int | None


@dataclass(frozen=True, slots=True)
class Open:
    """Open a namespace."""

    namespace: Namespace

    def __str__(self) -> str:
        return f"open {self.namespace!r}"


@dataclass(frozen=True, slots=True)
class Insert:
    """Store tokens under slots from the pool; what was present goes back to the pool."""

    tokens: Tokens
    namespace: Namespace = None
    priority: int = 0

    def __str__(self) -> str:
        rank = f" at priority {self.priority}" if self.priority else ""
        return f"insert {shown(self.tokens)}{_inside(self.namespace)}{rank}"


@dataclass(frozen=True, slots=True)
class Match:
    """Match tokens and remember the answer under a name."""

    name: str
    tokens: Tokens
    namespace: Namespace = None

    def __str__(self) -> str:
        return f"{self.name} = match {shown(self.tokens)}{_inside(self.namespace)}"


@dataclass(frozen=True, slots=True)
class Read:
    """Match as a device does, touching nothing, and remember (node, length, epoch) under a name."""

    name: str
    tokens: Tokens
    namespace: Namespace = None

    def __str__(self) -> str:
        return f"{self.name} = read {shown(self.tokens)}{_inside(self.namespace)}"


@dataclass(frozen=True, slots=True)
class Confirm:
    """Turn what was read or matched at an earlier epoch into a match of now."""

    name: str
    of: str

    def __str__(self) -> str:
        return f"{self.name} = confirm {self.of}"


@dataclass(frozen=True, slots=True)
class Lock:
    """Lock a remembered node, giving the epoch at which it was seen if ``seen``."""

    name: str
    seen: bool = False

    def __str__(self) -> str:
        return f"lock {self.name}{' as seen' if self.seen else ''}"


@dataclass(frozen=True, slots=True)
class Unlock:
    """Undo one lock of a remembered node."""

    name: str

    def __str__(self) -> str:
        return f"unlock {self.name}"


@dataclass(frozen=True, slots=True)
class Evict:
    """Free at least so many tokens, if so many can be freed."""

    count: int

    def __str__(self) -> str:
        return f"evict {self.count}"


@dataclass(frozen=True, slots=True)
class Begin:
    """Begin a request: match its tokens, lock what matched, take slots for the rest from the pool."""

    name: str
    tokens: Tokens
    namespace: Namespace = None

    def __str__(self) -> str:
        return f"{self.name} = begin {shown(self.tokens)}{_inside(self.namespace)}"


@dataclass(frozen=True, slots=True)
class Fork:
    """Begin a second request on the prefix that another one matched, with an end of its own."""

    name: str
    of: str
    tail: Tokens

    def __str__(self) -> str:
        return f"{self.name} = fork {self.of} + {shown(self.tail)}"


@dataclass(frozen=True, slots=True)
class Release:
    """End a request: insert its tokens, free its duplicates, unlock what it had matched."""

    name: str
    priority: int = 0

    def __str__(self) -> str:
        rank = f" at priority {self.priority}" if self.priority else ""
        return f"release {self.name}{rank}"


@dataclass(frozen=True, slots=True)
class Bad:
    """A call that must be refused and change nothing; its details follow from a number."""

    kind: str
    number: int = 0

    def __str__(self) -> str:
        return f"bad call: {self.kind} ({self.number})"


Step = Open | Insert | Match | Read | Confirm | Lock | Unlock | Evict | Begin | Fork | Release | Bad


def _inside(namespace: Namespace) -> str:
    return "" if namespace is None else f" in {namespace!r}"
