"""The steps of a script: what an engine asks of its prefix tree, one small value each.

Steps refer to one another by name (``m3``), never by node id. ``Bad`` is the general step of that name.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from draftproof.properties.lockstep.notation import format_numbers
from draftproof.properties.lockstep.steps import Step, lower, shorten

Tokens = tuple[int, ...]
Namespace = str | bytes | int | None


@dataclass(frozen=True, slots=True)
class Open(Step):
    """Open a namespace."""

    namespace: Namespace

    def __str__(self) -> str:
        return f"open {self.namespace!r}"


@dataclass(frozen=True, slots=True)
class Insert(Step):
    """Store tokens under slots from the pool; what was present goes back to the pool."""

    tokens: Tokens
    namespace: Namespace = None
    priority: int = 0
    form: str = "list"
    """One of FORMS, of tokens and slots."""

    def __str__(self) -> str:
        rank = f" at priority {self.priority}" if self.priority else ""
        return f"insert {_written(self.tokens, self.form)}{_inside(self.namespace)}{rank}"

    @property
    def size(self) -> int:
        """Tokens."""
        return len(self.tokens)

    def simplify(self) -> Iterator[Step]:
        """Yield insertions of fewer tokens, then one without a priority, then one of lists."""
        yield from (replace(self, tokens=tokens) for tokens in shorten(self.tokens))
        if self.priority:
            yield replace(self, priority=0)
        if self.form != "list":
            yield replace(self, form="list")


@dataclass(frozen=True, slots=True)
class Match(Step):
    """Match tokens and remember the answer under a name."""

    name: str
    tokens: Tokens
    namespace: Namespace = None
    form: str = "list"

    def __str__(self) -> str:
        return f"{self.name} = match {_written(self.tokens, self.form)}{_inside(self.namespace)}"

    @property
    def size(self) -> int:
        """Tokens."""
        return len(self.tokens)

    def simplify(self) -> Iterator[Step]:
        """Yield matches of fewer tokens, then one of a list."""
        yield from (replace(self, tokens=tokens) for tokens in shorten(self.tokens))
        if self.form != "list":
            yield replace(self, form="list")


@dataclass(frozen=True, slots=True)
class Read(Step):
    """Match as a device does, touching nothing, and remember (node, length, epoch) under a name."""

    name: str
    tokens: Tokens
    namespace: Namespace = None
    form: str = "list"

    def __str__(self) -> str:
        return f"{self.name} = read {_written(self.tokens, self.form)}{_inside(self.namespace)}"

    @property
    def size(self) -> int:
        """Tokens."""
        return len(self.tokens)

    def simplify(self) -> Iterator[Step]:
        """Yield reads of fewer tokens, then one of a list."""
        yield from (replace(self, tokens=tokens) for tokens in shorten(self.tokens))
        if self.form != "list":
            yield replace(self, form="list")


@dataclass(frozen=True, slots=True)
class Confirm(Step):
    """Turn what was seen at an earlier epoch into a match of now: all of it, or its first pages."""

    name: str
    of: str
    pages: int | None = None

    def __str__(self) -> str:
        return f"{self.name} = confirm {'' if self.pages is None else f'{self.pages} pages of '}{self.of}"

    def simplify(self) -> Iterator[Step]:
        """Yield a confirmation of everything."""
        if self.pages is not None:
            yield replace(self, pages=None)

    def shorten(self, length: int, page_size: int) -> int:
        """Return how many of so many tokens are confirmed."""
        return length if self.pages is None else min(self.pages * page_size, length)


@dataclass(frozen=True, slots=True)
class Lock(Step):
    """Lock a remembered node, giving the epoch at which it was seen if ``seen``."""

    name: str
    seen: bool = False

    def __str__(self) -> str:
        return f"lock {self.name}{' as seen' if self.seen else ''}"


@dataclass(frozen=True, slots=True)
class Unlock(Step):
    """Undo one lock of a remembered node."""

    name: str

    def __str__(self) -> str:
        return f"unlock {self.name}"


@dataclass(frozen=True, slots=True)
class Evict(Step):
    """Free at least so many tokens, if so many can be freed."""

    count: int

    def __str__(self) -> str:
        return f"evict {self.count}"

    @property
    def size(self) -> int:
        """Tokens."""
        return self.count

    def simplify(self) -> Iterator[Step]:
        """Yield evictions of less."""
        yield from (Evict(count) for count in lower(self.count))


@dataclass(frozen=True, slots=True)
class Begin(Step):
    """Begin a request: match its tokens, lock what matched, take slots for the rest from the pool."""

    name: str
    tokens: Tokens
    namespace: Namespace = None

    def __str__(self) -> str:
        return f"{self.name} = begin {format_numbers(self.tokens)}{_inside(self.namespace)}"

    @property
    def size(self) -> int:
        """Tokens."""
        return len(self.tokens)

    def simplify(self) -> Iterator[Step]:
        """Yield a plain match and a plain insertion, then requests of fewer tokens."""
        yield Match(self.name, self.tokens, self.namespace)
        yield Insert(self.tokens, self.namespace)
        yield from (replace(self, tokens=tokens) for tokens in shorten(self.tokens))


@dataclass(frozen=True, slots=True)
class Fork(Step):
    """Begin a second request on the prefix that another one matched, with an end of its own."""

    name: str
    of: str
    tail: Tokens

    def __str__(self) -> str:
        return f"{self.name} = fork {self.of} + {format_numbers(self.tail)}"

    @property
    def size(self) -> int:
        """Tokens."""
        return len(self.tail)

    def simplify(self) -> Iterator[Step]:
        """Yield forks with shorter ends."""
        yield from (replace(self, tail=tail) for tail in shorten(self.tail))


@dataclass(frozen=True, slots=True)
class Release(Step):
    """End a request: insert its tokens, free its duplicates, unlock what it had matched."""

    name: str
    priority: int = 0

    def __str__(self) -> str:
        rank = f" at priority {self.priority}" if self.priority else ""
        return f"release {self.name}{rank}"


def _written(tokens: Tokens, form: str) -> str:
    return format_numbers(tokens) + ("" if form == "list" else f" as {form}")


def _inside(namespace: Namespace) -> str:
    return "" if namespace is None else f" in {namespace!r}"
