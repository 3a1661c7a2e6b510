"""How long a check may take: kernels that are compiled when first called need minutes, others seconds."""

import math
import time
from dataclasses import dataclass, field

from draftproof.properties.core.law import Law

GRACE = 240.0
"""Seconds for the first check of an operation: its compiler works then."""

AGAIN = 4.0
"""How many times as long as the first answer took the first one of another process may take."""

AFTER_A_HANG = 10.0
"""Seconds for each check of an operation that has hung: the next hang is likely, and nothing to wait for."""


@dataclass(slots=True)
class Patience:
    """The limits of time of one backend's run."""

    timeout: float | None = None
    """Seconds for each check but an operation's first in a process; what its law says if None."""
    deadline: float = math.inf
    """A time of ``time.monotonic`` from which on nothing is run."""
    _first: dict[str, float] = field(default_factory=dict, init=False)
    """How long each operation's first answer took, in seconds."""
    _hung: set[str] = field(default_factory=set, init=False)

    @property
    def left(self) -> float:
        """Seconds to the deadline, 0 when it is over."""
        return max(0.0, self.deadline - time.monotonic())

    def limit(self, operation: str, law: Law, *, warm: bool) -> float:
        """Return the seconds that a check may take; ``warm`` if its process has answered for an operation."""
        usual = law.seconds if self.timeout is None else self.timeout
        if operation in self._hung:
            return min(usual, AFTER_A_HANG)
        if warm:
            return usual
        first = self._first.get(operation)
        return max(usual, GRACE if first is None else AGAIN * first)

    def learn(self, operation: str, seconds: float, *, hung: bool) -> None:
        """Take note of how long a check took, and whether it did not end."""
        if hung:
            self._hung.add(operation)
        else:
            self._first.setdefault(operation, seconds)
